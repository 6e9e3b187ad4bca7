/** An alert's states and the events that move it; its chart is `actors/alert.machine.ts`. */

export const ALERT_STATES = ['pending', 'firing', 'acknowledged', 'silenced', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/**
 * fire          its condition has held for as long as its rule asks for
 * mute          the same, or firing already, under a silence
 * unmute        the silence is over, the condition is not
 * acknowledge   a person looks after it
 * clear         its condition holds no longer
 */
export type AlertEvent = 'fire' | 'mute' | 'unmute' | 'acknowledge' | 'clear';

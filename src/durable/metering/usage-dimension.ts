/** What usage can be added up by. */
export const USAGE_DIMENSIONS = ['tenant', 'operation', 'tier', 'agent', 'window'] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

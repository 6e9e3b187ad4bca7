/**
 * The last so many happenings of each kind, in one order: a storm of one kind leaves the others as they are.
 *
 * What is kept is the event itself. A line is made of it when somebody asks, and once.
 */
import type { EventPayload, EventType } from './events.ts';
import { happeningOf, kindOf } from './happening.ts';
import { nullRecord } from './null-record.ts';
import type { HappeningKind, HappeningReading, Section } from './readings.ts';

/** As many as `transitions` and the alerts that are over, for the two that come in crowds; the others come in tens. */
const KEPT: Readonly<Record<HappeningKind, number>> = {
  breaker: 64,
  alert: 64,
  foreign: 24,
  health: 24,
  check: 24,
  signal: 24,
  level: 24,
  feature: 24,
  recovery: 24,
  failover: 24,
  channel: 24,
  sink: 24,
  store: 24,
  part: 24,
};

/** Written over once its ring is full. */
interface Place {
  number: number;
  atMs: number;
  type: EventType;
  event: EventPayload<EventType>;
  /** Undefined until somebody asked. */
  reading: HappeningReading | undefined;
}

interface Ring {
  readonly places: Place[];
  added: number;
}

export class Happenings {
  readonly #rings = new Map<HappeningKind, Ring>();
  #last = 0;

  /** The event is not to be written any more. */
  add<T extends EventType>(type: T, event: EventPayload<T>, atMs: number): void {
    const kind = kindOf(type, event);
    if (kind === null) return;
    let ring = this.#rings.get(kind);
    if (ring === undefined) this.#rings.set(kind, (ring = { places: [], added: 0 }));
    const number = ++this.#last;
    const at = ring.added++ % KEPT[kind];
    const place = ring.places[at];
    if (place === undefined) ring.places[at] = { number, atMs, type, event, reading: undefined };
    else {
      place.number = number;
      place.atMs = atMs;
      place.type = type;
      place.event = event;
      place.reading = undefined;
    }
  }

  /** By running number, the oldest first. Frozen: every viewer is shown the same ones. */
  section(): Section<HappeningReading> {
    const section = nullRecord<HappeningReading>();
    for (const { places } of this.#rings.values()) for (const place of places) section[place.number] = readingOf(place);
    return section; // keys that are numbers are in the order of the numbers, whichever way they came in
  }
}

function readingOf(place: Place): HappeningReading {
  return (place.reading ??= Object.freeze(happeningOf(place.type, place.event, place.atMs)));
}

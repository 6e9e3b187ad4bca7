/**
 * The drain of the metering ring: aggregates the records [from, to) into the scratch, one cell a group.
 *
 * It clears the cells it will use before it uses them and touches nothing else, no total and no index of the ring: a
 * drain that was lost halfway is run again, and gives the same. Indices are numbers modulo 2³².
 */
import {
  GROUP_BYTES,
  GROUP_COUNT,
  GROUP_LATENCY_CELLS,
  GROUP_LATENCY_COUNT,
  GROUP_LATENCY_MAX,
  GROUP_LATENCY_MIN,
  GROUP_LATENCY_SUM,
  GROUP_SCORE_COUNT,
  GROUP_SCORE_SUM,
  GROUP_TOKENS,
  GROUP_TOUCHED,
  LATENCY_CELLS,
  LATENCY_FIRST_OCTAVE,
  RECORD_GROUP,
  RECORD_LATENCY_MS,
  RECORD_SCORE,
  RECORD_SEQUENCE,
  RECORD_TOKENS,
  RING_RECORD_BYTES,
} from './layout';

/**
 * in      ring, records       its byte address and its size, a power of two
 *         scratch, groups     its byte address and its cells
 *         from, to            records to aggregate; at most `records` of them
 * out     groups touched; their numbers are in GROUP_TOUCHED of as many cells. A record whose sequence or group is
 *         not what it must be is left out: Σ GROUP_COUNT then comes to less than to − from.
 */
export function drain(ring: i32, records: i32, scratch: i32, groups: i32, from: i32, to: i32): i32 {
  const mask = records - 1;
  for (let index = from; index != to; index++) {
    const group = groupOf(ring + (index & mask) * RING_RECORD_BYTES, index, groups);
    if (group >= 0) store<i32>(scratch + group * GROUP_BYTES, 0, GROUP_COUNT);
  }

  let touched = 0;
  for (let index = from; index != to; index++) {
    const record = ring + (index & mask) * RING_RECORD_BYTES;
    const group = groupOf(record, index, groups);
    if (group < 0) continue;

    const cell = scratch + group * GROUP_BYTES;
    const seen = load<i32>(cell, GROUP_COUNT);
    if (seen == 0) {
      clear(cell);
      store<i32>(scratch + touched * GROUP_BYTES, group, GROUP_TOUCHED);
      touched++;
    }
    store<i32>(cell, seen + 1, GROUP_COUNT);
    add(cell, record);
  }
  return touched;
}

/** The record's group, or −1 when it is not the record that must be here. */
function groupOf(record: i32, index: i32, groups: i32): i32 {
  const group = load<i32>(record, RECORD_GROUP);
  return load<i32>(record, RECORD_SEQUENCE) == index && u32(group) < u32(groups) ? group : -1;
}

function clear(cell: i32): void {
  store<f64>(cell, 0, GROUP_TOKENS);
  store<f64>(cell, 0, GROUP_LATENCY_SUM);
  store<f64>(cell, Infinity, GROUP_LATENCY_MIN);
  store<f64>(cell, -Infinity, GROUP_LATENCY_MAX);
  store<f64>(cell, 0, GROUP_SCORE_SUM);
  store<i32>(cell, 0, GROUP_LATENCY_COUNT);
  store<i32>(cell, 0, GROUP_SCORE_COUNT);
  memory.fill(cell + GROUP_LATENCY_CELLS, 0, LATENCY_CELLS * 4);
}

function add(cell: i32, record: i32): void {
  store<f64>(cell, load<f64>(cell, GROUP_TOKENS) + load<f64>(record, RECORD_TOKENS), GROUP_TOKENS);

  const latencyMs = load<f64>(record, RECORD_LATENCY_MS);
  if (latencyMs == latencyMs) {
    store<f64>(cell, load<f64>(cell, GROUP_LATENCY_SUM) + latencyMs, GROUP_LATENCY_SUM);
    store<f64>(cell, Math.min(load<f64>(cell, GROUP_LATENCY_MIN), latencyMs), GROUP_LATENCY_MIN);
    store<f64>(cell, Math.max(load<f64>(cell, GROUP_LATENCY_MAX), latencyMs), GROUP_LATENCY_MAX);
    store<i32>(cell, load<i32>(cell, GROUP_LATENCY_COUNT) + 1, GROUP_LATENCY_COUNT);
    const latencyCell = cell + latencyCellOf(latencyMs) * 4;
    store<i32>(latencyCell, load<i32>(latencyCell, GROUP_LATENCY_CELLS) + 1, GROUP_LATENCY_CELLS);
  }

  const score = load<f64>(record, RECORD_SCORE);
  if (score == score) {
    store<f64>(cell, load<f64>(cell, GROUP_SCORE_SUM) + score, GROUP_SCORE_SUM);
    store<i32>(cell, load<i32>(cell, GROUP_SCORE_COUNT) + 1, GROUP_SCORE_COUNT);
  }
}

/** An f64 that is not negative has its octave in the bits from 52 up, and in bit 51 which half of it it lies in. */
function latencyCellOf(latencyMs: f64): i32 {
  const cell = i32(reinterpret<i64>(latencyMs) >> 51) - ((1023 + LATENCY_FIRST_OCTAVE) << 1);
  return max(0, min(cell, LATENCY_CELLS - 1));
}

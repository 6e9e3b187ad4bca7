/** A section of one entry. */
import { nullRecord } from './null-record.ts';
import type { Section } from './readings.ts';

export function sectionOfOne<T>(key: string, value: T): Section<T> {
  return Object.assign(nullRecord<T>(), { [key]: value });
}

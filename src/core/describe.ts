/** A short, safe sentence about any value, also one that fights back. Total: never throws, never long. */

const LIMIT = 256;

/**
 * shape  describe(-1) → '-1' · describe('a') → '"a"' · describe(new Error('x')) → 'Error: x' · describe({}) → 'an object'
 */
export function describe(value: unknown): string {
  try {
    return printable(plain(value));
  } catch {
    return 'a value that cannot be read'; // a revoked proxy, a getter that throws
  }
}

function plain(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, LIMIT));
    case 'bigint':
      return `${value}n`;
    case 'function':
      return `a function`;
    case 'object':
      if (value === null) return 'null';
      if (value instanceof Error) return `${value.name}: ${value.message}`;
      return Array.isArray(value) ? `an array of ${value.length}` : 'an object';
    default:
      return String(value);
  }
}

/** One line without control, escape or bidi characters: it may end in a log or a terminal. */
function printable(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return line.length > LIMIT ? `${line.slice(0, LIMIT - 1)}…` : line;
}

import { expect, test } from 'vitest';
import { takeToken, type Tab } from '../../../src/surfaces/dashboard/token.ts';

function tab(hash: string, kept: Map<string, string> = new Map()): Tab & { readonly shown: string[] } {
  const shown: string[] = [];
  return {
    shown,
    location: { hash, pathname: '/page/', search: '?a=1' },
    history: { replaceState: (_state, _unused, url) => void shown.push(url) },
    sessionStorage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) },
  };
}

test('the token leaves the address bar as soon as it is read', () => {
  const opened = tab('#token=abc-_9');

  expect(takeToken(opened)).toBe('abc-_9');
  expect(opened.shown).toEqual(['/page/?a=1']);
});

test('a reload of the tab finds the token again', () => {
  const kept = new Map<string, string>();
  takeToken(tab('#token=abc', kept));

  expect(takeToken(tab('', kept))).toBe('abc');
});

test('a fresh address replaces a token that was kept', () => {
  const kept = new Map<string, string>();
  takeToken(tab('#token=old', kept));

  expect(takeToken(tab('#token=fresh', kept))).toBe('fresh');
});

test('without a token there is none, and the address stays as it is', () => {
  const opened = tab('#elsewhere');

  expect(takeToken(opened)).toBeNull();
  expect(opened.shown).toEqual([]);
});

import type { Key } from './describe.ts';

const numeric = /^[+-]?\d+(\.\d+)?$/;

function asNumber(text: string): unknown {
  return numeric.test(text) ? Number(text) : text;
}

function asList(text: string, numbers: boolean): unknown {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return numbers ? items.map(asNumber) : items;
}

/**
 * The value that a text stands for: lists are comma-separated, tables are JSON. A text that stands for nothing is
 * returned as it is, so that the schema refuses it with the same sentence as a wrong value in the file.
 */
export function valueOf(key: Key, given: string): unknown {
  const text = given.trim();
  switch (key.kind) {
    case 'text':
      return text;
    case 'number':
      return key.default === null && (text === '' || text === 'null') ? null : asNumber(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'list':
      return text.startsWith('[') ? fromJson(text) : asList(text, key.expected.endsWith('numbers'));
    case 'json':
      return fromJson(text);
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

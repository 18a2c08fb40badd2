import assert from 'node:assert/strict';
import { forgetPlace, keepPlace, recallPlace } from '../../../client/app/src/call/place.ts';

const place = {
  room: 'demo',
  ticket: 'abc',
  user: 'Alice',
  role: 'presenter',
  mic: true,
  camera: false,
  since: 5,
};

describe('the place that a tab keeps in a call', () => {
  let kept: Map<string, string>;

  beforeEach(() => {
    kept = new Map();
    Object.assign(globalThis, {
      sessionStorage: {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => kept.set(key, value),
        removeItem: (key: string) => kept.delete(key),
      },
    });
  });

  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'sessionStorage');
  });

  it('is that of one room, until it is given up', () => {
    keepPlace(place);
    assert.deepEqual(recallPlace('demo'), place);
    assert.equal(recallPlace('other'), undefined);
    forgetPlace('demo');
    assert.equal(recallPlace('demo'), undefined);
  });

  it('is none when what is stored makes no sense', () => {
    for (const text of ['', 'null', '{}', '[1]', JSON.stringify({ ...place, ticket: 1 })]) {
      kept.set('portico.place.demo', text);
      assert.equal(recallPlace('demo'), undefined);
    }
  });

  it('is none in a browser that stores nothing', () => {
    Reflect.deleteProperty(globalThis, 'sessionStorage');
    keepPlace(place);
    assert.equal(recallPlace('demo'), undefined);
    forgetPlace('demo');
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { editDistance, nearest } from '../../../common/config/suggest.ts';

const word = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', '.', '_') });

describe('edit distance', () => {
  it('counts a swap of neighbours as one step', () => {
    assert.equal(editDistance('prot', 'port'), 1);
    assert.equal(editDistance('acces', 'access'), 1);
    assert.equal(editDistance('', 'abc'), 3);
  });

  it('is zero for equal words only, the same in both directions, and at most the longer length', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        assert.equal(distance === 0, a === b);
        assert.equal(distance, editDistance(b, a));
        assert.ok(distance <= Math.max(a.length, b.length));
        assert.ok(distance >= Math.abs(a.length - b.length));
      }),
    );
  });
});

describe('a suggestion', () => {
  it('is the closest candidate', () => {
    assert.equal(nearest('servr.port', ['access.port', 'server.port', 'server.host']), 'server.port');
  });

  it('is not given when nothing resembles the word', () => {
    assert.equal(nearest('colour', ['server.port', 'bus.url']), undefined);
  });
});

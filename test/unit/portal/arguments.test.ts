import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkArguments, readArguments } from '../../../portal/signalling/arguments.ts';

const ack = () => undefined;

describe('arguments of an event', () => {
  it('are at most one value and an acknowledgement', () => {
    assert.deepEqual(readArguments([]), { input: undefined, surplus: 0, ack: undefined });
    assert.deepEqual(readArguments([ack]), { input: undefined, surplus: 0, ack });
    assert.deepEqual(readArguments([1]), { input: 1, surplus: 0, ack: undefined });
    assert.deepEqual(readArguments([1, ack]), { input: 1, surplus: 0, ack });
    assert.deepEqual(readArguments([1, 2, 3, ack]), { input: 1, surplus: 2, ack });
  });

  it('are refused when there are more', () => {
    assert.throws(() => {
      checkArguments(readArguments([1, 2, ack]));
    }, /one argument/);
  });

  it('are refused when they are nested too deeply, however that is', () => {
    const nest = (levels: number): unknown =>
      levels === 0 ? 1 : levels % 2 === 0 ? [nest(levels - 1)] : { a: nest(levels - 1) };
    checkArguments(readArguments([nest(32)]));
    for (const levels of [33, 100, 2_000]) {
      assert.throws(() => {
        checkArguments(readArguments([nest(levels)]));
      }, /nested deeper/);
    }
    const endless: Record<string, unknown> = {};
    endless['self'] = endless;
    assert.throws(() => {
      checkArguments(readArguments([endless]));
    }, /nested deeper/);
  });

  it('of any JSON value pass when shallow', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 10 }), (value) => {
        checkArguments(readArguments([value]));
      }),
    );
  });

  it('may hold binary data, whose bytes are not looked through', () => {
    checkArguments(readArguments([Buffer.alloc(1_000_000)]));
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ThinLine, type LineLook } from '../../../access-agent/thin-line.ts';

const main = 1_000_000;

/** A receiver as the engine would have it: the low layer flows when it is preferred and made, or the line is short. */
class Receiver {
  readonly line: ThinLine;
  #now = 0;
  shows: LineLook['shows'] = 'main';

  constructor(thin = false) {
    this.line = new ThinLine(thin);
  }

  /** Looks once a second. @returns seconds until `done`; `seconds` when that did not happen */
  for(seconds: number, estimate: number, done: () => boolean = () => false): number {
    for (let second = 0; second < seconds; second += 1) {
      if (done()) return second;
      this.#now += 1_000;
      if (this.line.wantsLow) {
        this.shows = this.line.prefers === 'low' || estimate < main ? 'low' : 'main';
      }
      this.line.look({ now: this.#now, estimate, main, shows: this.shows });
    }
    return seconds;
  }
}

describe('a thin line', () => {
  it('is one that carries less than three fifths of the main layer for a moment', () => {
    const receiver = new Receiver();
    receiver.for(60, main * 1.2);
    assert.deepEqual([receiver.line.wantsLow, receiver.line.prefers], [false, 'main']);
    assert.ok(receiver.for(5, main * 0.5, () => receiver.line.wantsLow) <= 3);
    assert.equal(receiver.line.prefers, 'low');
  });

  it('is found at once when hardly anything comes through, or nothing flows', () => {
    const collapsed = new Receiver();
    assert.equal(
      collapsed.for(5, main * 0.3, () => collapsed.line.wantsLow),
      1,
    );
    const silent = new Receiver();
    silent.shows = undefined;
    assert.ok(silent.for(5, main * 2, () => silent.line.wantsLow) <= 2);
  });

  it('is not taken for one because of a dip', () => {
    const receiver = new Receiver();
    for (let round = 0; round < 20; round += 1) {
      receiver.for(4, main * 0.8);
      receiver.for(1, main * 0.55);
      receiver.for(2, main * 1.1);
    }
    assert.equal(receiver.line.wantsLow, false);
  });

  it('gets the main layer again after some seconds, and only then gives up the low one', () => {
    const receiver = new Receiver();
    receiver.for(10, main * 0.5);
    const tried = receiver.for(30, main * 1.5, () => receiver.line.prefers === 'main');
    assert.ok(tried >= 5 && tried <= 10, `tried after ${tried} s`);
    assert.equal(receiver.line.wantsLow, true);
    const gone = receiver.for(30, main * 1.5, () => !receiver.line.wantsLow);
    assert.ok(gone >= 4 && gone <= 10, `given up after ${gone} s`);
  });

  it('is tried less and less often when it does not hold what it promises', () => {
    const receiver = new Receiver(true);
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      waits.push(receiver.for(200, main * 1.5, () => receiver.line.prefers === 'main'));
      receiver.for(20, main * 0.5, () => receiver.line.prefers === 'low');
    }
    assert.ok(
      waits.every((wait, index) => index === 0 || wait > (waits[index - 1] ?? 0)),
      String(waits),
    );
  });

  it('keeps the low layer as long as that is what flows', () => {
    const receiver = new Receiver();
    receiver.line.look({ now: 0, estimate: main * 2, main, shows: 'low' });
    assert.equal(receiver.line.wantsLow, true);
    receiver.line.shows = 'main';
    assert.equal(receiver.line.wantsLow, false);
  });

  it('never changes more often than every few seconds, and prefers the low layer only while it is made', () => {
    const look = fc.record({
      factor: fc.double({ min: 0, max: 3, noNaN: true }),
      shows: fc.constantFrom('low', 'main', undefined),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 300 }), (looks) => {
        const line = new ThinLine();
        let changes = 0;
        let before = line.prefers;
        for (const [index, { factor, shows }] of looks.entries()) {
          line.look({ now: index * 1_000, estimate: main * factor, main, shows });
          if (line.prefers === 'low') assert.ok(line.wantsLow);
          if (line.prefers === 'main' && before === 'low') changes += 1;
          before = line.prefers;
        }
        assert.ok(changes <= looks.length / 6);
      }),
    );
  });
});

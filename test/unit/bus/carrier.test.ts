import assert from 'node:assert/strict';
import { Carrier } from '../../../common/bus/carrier.ts';

describe('the carrier of a process', () => {
  const carryAll = async (carrier: Carrier): Promise<string[]> => {
    const arrived: string[] = [];
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => {
        const lane = `lane ${n % 3}`;
        return new Promise<void>((resolve) => {
          carrier.carry(lane, () => {
            arrived.push(`${lane} ${String(n).padStart(2, '0')}`);
            resolve();
          });
          assert.equal(arrived.length, 0); // never within the call
        });
      }),
    );
    return arrived;
  };
  const numbers = (arrived: string[]): string[] => arrived.map((one) => one.slice(-2));

  it('keeps the order of everything', async () => {
    const order = numbers(await carryAll(new Carrier()));
    assert.deepEqual(order, [...order].sort());
  });

  it('with delays keeps the order of each lane and lets lanes overtake each other', async () => {
    let n = 0;
    const arrived = await carryAll(new Carrier(() => (n++ % 3) * 10 + ((n * 7) % 5)));
    for (const lane of ['lane 0', 'lane 1', 'lane 2']) {
      const order = numbers(arrived.filter((one) => one.startsWith(lane)));
      assert.deepEqual(order, [...order].sort());
    }
    assert.notDeepEqual(numbers(arrived), numbers(arrived).sort());
    assert.match(arrived[0] ?? '', /lane 0/);
    assert.match(arrived.at(-1) ?? '', /lane 2/);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { topicMatches } from '../../../common/bus/topics.ts';

/** The rule of AMQP 0-9-1 (3.1.3.3), written as a regular expression. */
function reference(pattern: string, topic: string): boolean {
  const words = pattern.split('.').map((word) => {
    if (word === '#') return '(?:\\.[^.]+)*';
    return word === '*' ? '\\.[^.]+' : `\\.${word}`;
  });
  return new RegExp(`^${words.join('')}$`).test(`.${topic}`);
}

describe('topic patterns', () => {
  const cases: [string, string, boolean][] = [
    ['a', 'a', true],
    ['a', 'a.b', false],
    ['a.*', 'a', false],
    ['a.*', 'a.b', true],
    ['a.*', 'a.b.c', false],
    ['a.#', 'a', true],
    ['a.#', 'a.b.c', true],
    ['#', 'a.b', true],
    ['#.b', 'b', true],
    ['#.b', 'a.a.b', true],
    ['#.b.#', 'a.c', false],
    ['*.*', 'a', false],
    ['#.*', 'a', true],
  ];
  for (const [pattern, topic, matches] of cases) {
    it(`${pattern} ${matches ? 'matches' : 'does not match'} ${topic}`, () => {
      assert.equal(topicMatches(pattern, topic), matches);
    });
  }

  it('agree with the reference for any words', () => {
    const word = fc.constantFrom('a', 'b', 'cc');
    const topic = fc.array(word, { minLength: 1, maxLength: 6 });
    const pattern = fc.array(fc.oneof(word, fc.constantFrom('*', '#')), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pattern, topic, (p, t) => {
        assert.equal(topicMatches(p.join('.'), t.join('.')), reference(p.join('.'), t.join('.')));
      }),
      { numRuns: 2_000 },
    );
  });

  it('of many wildcards take no long time', () => {
    const pattern = Array.from({ length: 100 }, () => '#').join('.') + '.z';
    const topic = Array.from({ length: 100 }, () => 'a').join('.');
    assert.equal(topicMatches(pattern, topic), false);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { errorCodes, PorticoError } from '../../../common/contract/errors.ts';
import { explain } from '../../../client/app/src/explain.ts';
import { noticesOf, explainProblem, problemOf } from '../../../client/app/src/media/problems.ts';
import { splitLinks } from '../../../client/app/src/ui/links.ts';
import { hueOf, initials } from '../../../client/app/src/ui/names.ts';
import { barsOf } from '../../../client/app/src/ui/score.ts';
import { formatElapsed } from '../../../client/app/src/ui/time.ts';

describe('explanations of errors', () => {
  it('are one plain sentence for every code, without the code in it', () => {
    for (const code of Object.keys(errorCodes)) {
      const text = explain({ code });
      assert.match(text, /^[A-Z].*\.$/);
      assert.doesNotMatch(text, /_|undefined/);
    }
  });

  it('say how long to wait when that is known', () => {
    const error = (retryAfterMs?: number) => explain({ code: 'rate_limited', retryAfterMs });
    assert.match(error(2400), /in 3 seconds/);
    assert.match(error(500), /in 1 second\./);
    assert.match(error(), /Wait a moment/);
  });

  it('leak nothing of what they do not know', () => {
    const texts = [new PorticoError('internal', 'at /srv/x.ts:4'), new Error('boom'), 'text', null].map(
      explain,
    );
    for (const text of texts) assert.match(text, /^Something went wrong/);
  });
});

describe('device problems', () => {
  it('are recognised by the name of the error', () => {
    assert.equal(problemOf('NotAllowedError'), 'denied');
    assert.equal(problemOf('NotFoundError'), 'missing');
    assert.equal(problemOf('NotReadableError'), 'busy');
    assert.equal(problemOf('SomethingNew'), 'unknown');
  });

  it('are told once when both devices have the same one', () => {
    const notices = noticesOf({ mic: 'denied', camera: 'denied' });
    assert.equal(notices.length, 1);
    assert.equal(explainProblem(notices[0]!).title, 'Your camera and microphone are blocked');
    assert.equal(noticesOf({ mic: 'denied', camera: 'busy' }).length, 2);
    assert.deepEqual(noticesOf({}), []);
  });
});

describe('links in messages', () => {
  it('are found, without the punctuation of the sentence', () => {
    assert.deepEqual(splitLinks('See https://example.org/a?b=1, then (http://x.org).'), [
      { text: 'See ' },
      { text: 'https://example.org/a?b=1', href: 'https://example.org/a?b=1' },
      { text: ', then (' },
      { text: 'http://x.org', href: 'http://x.org' },
      { text: ').' },
    ]);
  });

  it('are never made of other schemes or of markup', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,x', '<b>bold</b>', 'https://']) {
      assert.deepEqual(splitLinks(text), [{ text }]);
    }
  });

  it('are found at once in whatever a stranger may write', () => {
    const text = `https://example.org/${'.'.repeat(100_000)}a ${'https://'.repeat(10_000)}`;
    assert.ok(splitLinks(text).length > 0);
  });

  it('lose nothing of the message', () => {
    const piece = fc.constantFrom(
      'https://',
      'http://x.org/',
      'a',
      '.',
      '?!',
      ' ',
      ')',
      '<',
      '\u00e9',
      '\ud83d',
    );
    fc.assert(
      fc.property(fc.array(piece), (parts) => {
        const text = parts.join('');
        assert.equal(
          splitLinks(text)
            .map((part) => part.text)
            .join(''),
          text,
        );
      }),
    );
  });
});

describe('names', () => {
  it('become initials of the first and last word', () => {
    assert.equal(initials('Ana Maria Sousa'), 'AS');
    assert.equal(initials('  élodie '), 'É');
    assert.equal(initials('bob_smith'), 'BS');
    assert.equal(initials('😀 party'), '😀P');
    assert.equal(initials('   '), '?');
  });

  it('have the same colour everywhere', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        const hue = hueOf(id);
        assert.ok(Number.isInteger(hue) && hue >= 0 && hue < 360);
        assert.equal(hue, hueOf(id));
      }),
    );
    assert.notEqual(hueOf('p1'), hueOf('p2'));
  });
});

describe('numbers', () => {
  it('show quality as one to three bars', () => {
    assert.deepEqual([0, 4, 5, 7, 8, 10].map(barsOf), [1, 1, 2, 2, 3, 3]);
  });

  it('show the time in a call', () => {
    assert.deepEqual([-5, 7_000, 247_000, 3_729_000].map(formatElapsed), ['0:00', '0:07', '4:07', '1:02:09']);
  });
});

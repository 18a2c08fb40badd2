import assert from 'node:assert/strict';
import { toneLead, type Seen } from './live-viewer.ts';
import { people, type Person } from './people.ts';

/** What arrived shows the colour of somebody, and sounds like the tone. */
export function isOf(who: Person, { colour, sound }: Seen): void {
  assert.ok(colour !== undefined, 'there is a picture');
  for (const [index, channel] of [colour.r, colour.g, colour.b].entries()) {
    const wanted = people[who].colour[index] ?? 0;
    assert.ok(Math.abs(channel - wanted) < 70, `${JSON.stringify(colour)} is the colour of ${who}`);
  }
  // A mix begins in silence.
  const later = sound.subarray((sound.length >> 1) & ~1);
  const lead = toneLead(later, people[who].tone, 2_300);
  assert.ok(lead > 15, `the tone of ${who} leads by ${lead.toFixed(1)} dB`);
}

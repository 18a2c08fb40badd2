import assert from 'node:assert/strict';
import { chooseMixer } from '../../../conference-agent/jobs/choose-mixer.ts';
import { member } from './fixtures.ts';

const mixer = (name: string, load: number, draining = false) => ({
  id: member('mixer', name),
  role: 'mixer' as const,
  startedAt: 0,
  load,
  draining,
});
const [a, b, c] = [mixer('a', 0.5), mixer('b', 0.1), mixer('c', 0.3)];
const nobody = { named: new Set<typeof a.id>(), avoided: new Set<typeof a.id>() };

describe('choosing a mixer agent', () => {
  it('takes the least loaded one', () => {
    assert.equal(chooseMixer([a, b, c], nobody), b.id);
    assert.equal(chooseMixer([], nobody), undefined);
  });

  it('prefers one where the mix may run already', () => {
    assert.equal(chooseMixer([a, b, c], { ...nobody, named: new Set([a.id]) }), a.id);
  });

  it('goes back to where it has just ended only when there is no other', () => {
    assert.equal(chooseMixer([a, b, c], { ...nobody, avoided: new Set([b.id]) }), c.id);
    assert.equal(chooseMixer([b], { ...nobody, avoided: new Set([b.id]) }), b.id);
  });

  it('leaves those alone that are about to end', () => {
    assert.equal(chooseMixer([mixer('d', 0, true), a], nobody), a.id);
  });
});

import assert from 'node:assert/strict';
import { shownRecording } from '../../../client/app/src/state/recording-reducer.ts';
import type { Action } from '../../../client/app/src/state/actions.ts';
import type { RecordingView } from '../../../client/app/src/state/types.ts';
import { after, inCall } from './support.ts';

const recording = (id: string, startedAt: number, status: RecordingView['status'] = 'active'): Action => ({
  type: 'recording',
  recording: { id, startedAt, status },
});
const ended = (id: string): Action => ({ type: 'recording-ended', id });
const said = (...actions: Action[]) => inCall(...actions).toasts.map(({ text }) => text);

describe('recordings of the call', () => {
  it('are said to everybody until it was noticed, once as long as one runs', () => {
    const begun = inCall(recording('r1', 5));
    assert.deepEqual([begun.recordNotice, begun.toasts], [true, []]);
    const noticed = after([{ type: 'record-noticed' }, recording('r2', 3)], begun);
    assert.equal(noticed.recordNotice, false, 'a second one changes nothing for anybody');
    const over = after([ended('r1'), ended('r2')], noticed);
    assert.deepEqual([over.recordings, over.recordNotice], [[], false]);
    assert.equal(after([recording('r3', 9)], over).recordNotice, true);
    assert.equal(after([ended('r1')], begun).recordNotice, false, 'there is nothing to agree to any more');
  });

  it('show the oldest that runs, before those that are paused', () => {
    const state = inCall(recording('r2', 7), recording('r1', 5, 'paused'), recording('r3', 9));
    assert.deepEqual(
      state.recordings.map(({ id }) => id),
      ['r1', 'r2', 'r3'],
    );
    assert.equal(shownRecording(state)?.id, 'r2');
    assert.equal(shownRecording(after([ended('r2'), ended('r3')], state))?.id, 'r1');
    assert.equal(shownRecording(inCall()), null);
  });

  it('say when they pause, go on and end, and nothing that is known', () => {
    assert.deepEqual(
      said(recording('r', 5), recording('r', 5, 'paused'), recording('r', 5, 'paused'), recording('r', 5)),
      ['The recording is paused', 'The recording goes on'],
    );
    assert.deepEqual(said(recording('r', 5, 'paused'), ended('r'), ended('r')), ['The recording has ended']);
  });

  it('end with the call', () => {
    const left = after(
      [{ type: 'ended', ending: { reason: 'left', detail: null } }],
      inCall(recording('r', 5), { type: 'record-dialog', open: true }),
    );
    assert.deepEqual([left.recordings, left.recordOpen, left.recordNotice], [[], false, false]);
  });
});

import assert from 'node:assert/strict';
import { toChoice } from '../../../client/app/src/call/translate.ts';
import { cornerBox } from '../../../client/app/src/layout/corner.ts';
import {
  describeMix,
  mixedNames,
  mixingOf,
  mixOf,
  mixStatusOf,
  peopleIn,
  showsMix,
} from '../../../client/app/src/state/mix-selectors.ts';
import { audibleStreams, tilesOf } from '../../../client/app/src/state/selectors.ts';
import type { MixedStream } from '../../../client/sdk/index.ts';
import type { Action } from '../../../client/app/src/state/actions.ts';
import type { MixView } from '../../../client/app/src/state/types.ts';
import { after, inCall, mix, screen, stream } from './support.ts';

const added = (...mixes: MixView[]): Action[] => mixes.map((one) => ({ type: 'mix-added', mix: one }));
const mixed: Action = { type: 'stage', stage: 'mixed' };

describe('the layout menu', () => {
  it('checks what holds, whoever chose it', () => {
    const choice = (template: MixedStream['template'], followsSpeaker = false) =>
      toChoice({ template, followsSpeaker });
    assert.deepEqual([choice('fluid'), choice('lecture'), choice('custom')], ['grid', 'lecture', 'custom']);
    assert.deepEqual([choice('lecture', true), choice('custom', true)], ['speaker', 'custom']);
    for (const other of [choice('fluid', true), choice('void'), choice(undefined)]) assert.equal(other, null);
  });
});

describe('the mixed view', () => {
  it('is there where the room mixes something that may be received', () => {
    assert.equal(mixOf(inCall()), null);
    assert.equal(showsMix(inCall(mixed)), false, 'a room without views is shown as a grid');
    assert.equal(showsMix(inCall(...added(mix('common')))), false);
    assert.equal(showsMix(inCall(mixed, ...added(mix('common')))), true);
    const forbidden = mix('common', [], { audio: null, video: null });
    assert.equal(showsMix(inCall(mixed, ...added(forbidden))), false);
  });

  it('is the first one until another is chosen, and again when that is gone', () => {
    const state = inCall(...added(mix('common'), mix('stage')));
    assert.equal(mixOf(state)?.label, 'common');
    const other = after([{ type: 'view', label: 'stage' }], state);
    assert.equal(mixOf(other)?.label, 'stage');
    const gone = after([{ type: 'mix-removed', id: 'demo-stage' }], other);
    assert.equal(mixOf(gone)?.label, 'common');
    assert.equal(gone.view, null);
  });

  it('is what the person likes to see in the next call, too', () => {
    const state = inCall(mixed, { type: 'self-view', on: true }, ...added(mix('common')));
    const again = after([{ type: 'ended', ending: { reason: 'left', detail: null } }], state);
    assert.deepEqual([again.stage, again.selfView, again.mixOrder], ['mixed', true, []]);
  });

  it('keeps how it is received when the room has news of it', () => {
    const state = inCall(
      ...added(mix('common', [], { receiving: 'off' })),
      { type: 'receiving', id: 'demo-common', receiving: 'failed', problem: 'No.' },
      { type: 'mix-updated', mix: mix('common', ['s']) },
    );
    const { receiving, problem, layout } = mixOf(state)!;
    assert.deepEqual([receiving, problem, layout.length], ['failed', 'No.', 1]);
    const strange = after([{ type: 'mix-updated', mix: mix('other') }], state);
    assert.equal(strange, state);
  });

  it('says how it stands', () => {
    const status = (view: MixView, ...actions: Action[]): string => {
      const state = inCall(...added(view), ...actions);
      return mixStatusOf(state, mixOf(state)!);
    };
    assert.equal(status(mix('common', [], { receiving: 'off' })), 'starting');
    assert.equal(status(mix('common', [], { receiving: 'waiting' })), 'starting');
    assert.equal(status(mix('common')), 'empty');
    assert.equal(status(mix('common', ['s'])), 'live');
    assert.equal(status(mix('common', ['s'], { receiving: 'restoring' })), 'restoring');
    assert.equal(status(mix('common', ['s'], { interrupted: true })), 'restoring');
    assert.equal(status(mix('common', ['s'], { receiving: 'failed' })), 'failed');
    const heard = stream('s', 'b', { video: null, inViews: ['common'] });
    assert.equal(status(mix('common'), { type: 'stream-added', stream: heard }), 'live');
  });

  it('is heard instead of the single streams as soon as it is there', () => {
    const heard = (receiving: MixView['receiving'], ...actions: Action[]): string[] =>
      audibleStreams(
        inCall(
          { type: 'stream-added', stream: stream('s', 'b') },
          ...added(mix('common', ['s'], { receiving })),
          ...actions,
        ),
      ).map(({ id }) => id);
    assert.deepEqual(heard('live'), ['s']);
    assert.deepEqual(heard('live', mixed), ['demo-common']);
    assert.deepEqual(heard('restoring', mixed), ['demo-common']);
    assert.deepEqual(heard('waiting', mixed), ['s']);
    assert.deepEqual(heard('failed', mixed), ['s']);
  });

  it('names who is in it', () => {
    const state = inCall(
      { type: 'stream-added', stream: stream('mine', 'a', { local: true, inViews: ['common'] }) },
      { type: 'stream-added', stream: stream('his', 'b', { inViews: ['common'] }) },
      { type: 'stream-added', stream: screen('slides', 'b', { inViews: ['common'] }) },
      { type: 'stream-added', stream: stream('voice', 'b', { video: null, inViews: ['common'] }) },
      ...added(mix('common', ['slides', 'mine', 'unknown'])),
    );
    assert.equal(peopleIn(state, 'common'), 2);
    assert.equal(describeMix(state, mixOf(state)!), 'Mixed view of Bob’s screen and Alice');
    assert.equal(describeMix(inCall(), mix('common')), 'Mixed view');
    assert.deepEqual(
      mixedNames(state, 'common').map(({ id, name }) => [id, name]),
      [
        ['mine', 'Alice'],
        ['his', 'Bob'],
        ['slides', 'Bob’s screen'],
      ],
    );
  });

  it('offers to put somebody in or take them out, whichever is to be done', () => {
    const of = (inViews: string[], ...actions: Action[]) =>
      mixingOf(
        inCall(
          ...added(mix('common')),
          { type: 'stream-added', stream: stream('cam', 'b', { inViews }) },
          { type: 'stream-added', stream: stream('mic', 'b', { video: null }) },
          ...actions,
        ),
        'b',
      );
    assert.deepEqual(of([]), { mixed: false, streams: ['cam', 'mic'], primary: null });
    assert.deepEqual(of(['other']), { mixed: false, streams: ['cam', 'mic'], primary: null });
    assert.deepEqual(of(['common']), { mixed: true, streams: ['cam'], primary: 'cam' });
    assert.equal(mixingOf(inCall(...added(mix('common'))), 'b'), null, 'who sends nothing');
    assert.equal(
      mixingOf(inCall({ type: 'stream-added', stream: stream('cam', 'b') }), 'b'),
      null,
      'no view',
    );
  });

  it('leaves the list of people as it is: a camera that is not received is still on', () => {
    const [bob] = tilesOf(
      inCall({ type: 'stream-added', stream: stream('s', 'b', { receiving: 'off' }) }, mixed),
    );
    assert.deepEqual([bob?.video, bob?.hasCamera], [null, true]);
  });
});

describe('the own picture beside it', () => {
  it('lies in the corner of any stage', () => {
    for (const [width, height] of [
      [1256, 650],
      [378, 560],
      [640, 250],
      [200, 90],
    ] as const) {
      const box = cornerBox({ width, height });
      assert.ok(box.x >= 0 && box.y >= 0, JSON.stringify(box));
      assert.equal(box.x + box.width, width - 10);
      assert.equal(box.y + box.height, height - 10);
      assert.ok(box.width <= 240 && box.width >= Math.min(104, width - 20));
    }
  });
});

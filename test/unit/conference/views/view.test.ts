import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ViewRecord } from '../../../../common/contract/cluster.ts';
import { RoomId, StreamId } from '../../../../common/contract/ids.ts';
import { MixedStreamInfo } from '../../../../common/contract/media.ts';
import { View as ViewSettings } from '../../../../common/contract/room-settings.ts';
import { anyVariant } from '../../../../conference-agent/management/room-rules.ts';
import { View } from '../../../../conference-agent/views/view.ts';

const room = RoomId.parse('room');
const make = (settings: object = {}) =>
  new View(room, ViewSettings.parse({ label: 'view', ...settings }), anyVariant);

/** What may happen to a view; streams with an even number have a picture. */
const steps = fc.array(
  fc.record({ kind: fc.constantFrom('add', 'remove', 'unmix'), stream: fc.integer({ min: 0, max: 7 }) }),
  { maxLength: 40 },
);
type Step = { kind: string; stream: number };

function run(view: View, all: readonly Step[]): void {
  for (const { kind, stream } of all) {
    const id = StreamId.parse(`s${stream}`);
    if (kind === 'add') view.add(id, stream % 2 === 0);
    else view.remove(id);
    if (kind === 'unmix') view.unmixed.add(id);
  }
}

describe('a view', () => {
  it('shows what is mixed and has a picture, as far as there is room', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 9 }), (all, maxInput) => {
        const view = make({ video: { maxInput } });
        run(view, all);
        const pictures = [...view.mixed].filter((id) => Number(id.slice(1)) % 2 === 0);
        const shown = view.layout.flatMap(({ stream }) => stream ?? []);
        assert.deepEqual(shown, pictures.slice(0, maxInput));
        MixedStreamInfo.parse(view.toInfo());
      }),
    );
  });

  it('is the same when it is rebuilt from what members remember', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const view = make();
        run(view, all);
        const record = ViewRecord.parse(JSON.parse(JSON.stringify(view.record())));
        const rebuilt = make();
        rebuilt.restore(record);
        assert.deepEqual(rebuilt.record(), view.record());
        assert.deepEqual(rebuilt.toInfo(), view.toInfo());
      }),
    );
  });

  it('that somebody has changed meanwhile only learns what is missing', () => {
    const view = make();
    run(view, [
      { kind: 'add', stream: 2 },
      { kind: 'unmix', stream: 4 },
    ]);
    view.touched = true;
    const before = make();
    for (const stream of [4, 6, 2]) run(before, [{ kind: 'add', stream }]);
    view.restore(before.record());
    assert.deepEqual([...view.mixed], ['s2', 's6']);
  });

  it('keeps its inputs when it is configured anew, and a chosen layout unless templates change', () => {
    const view = make();
    run(view, [
      { kind: 'add', stream: 2 },
      { kind: 'add', stream: 4 },
    ]);
    view.requireLayout().setTemplate('lecture');
    const widest = () => view.layout[0]?.region.area.width;
    const configure = (settings: object) =>
      view.configure(ViewSettings.parse({ label: 'view', ...settings }), anyVariant);
    assert.equal(configure({}), false);
    assert.equal(configure({ video: { labels: true } }), true);
    assert.equal(widest(), '2/3');
    configure({ video: { maxInput: 4 } });
    assert.deepEqual([widest(), view.layout[1]?.stream], ['1/2', 's4']);
  });
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { EgressId, RoomId } from '../../../../common/contract/ids.ts';
import {
  inside,
  recordingName,
  sidecarName,
  workFolderName,
} from '../../../../mixer-agent/recordings/places.ts';
import { groupsOf, type SegmentFacts } from '../../../../mixer-agent/recordings/segments.ts';

const root = '/srv/recordings';

describe('names in the folder of recordings', () => {
  it('never lead out of it, whatever ids are', () => {
    const ids = fc.oneof(
      fc.stringMatching(/^[0-9A-Za-z_.:@-]{1,64}$/),
      fc.constantFrom('..', '.', '.json', 'a..b', ':', '@'),
    );
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9A-Za-z_-]{1,100}$/),
        ids,
        fc.integer({ min: 1, max: 99 }),
        (room, id, part) => {
          const [roomId, egress] = [RoomId.parse(room), EgressId.parse(id)];
          for (const name of [
            recordingName(roomId, egress, { number: part, extension: 'mkv' }),
            sidecarName(roomId, egress, part),
          ]) {
            assert.ok(inside(root, name).startsWith(join(root, room, '/')));
          }
          assert.match(workFolderName(egress, part), /^[^/]{3,}$/);
        },
      ),
    );
  });

  it('are refused when they would', () => {
    for (const name of ['../x', '..', '', '.', '/etc/passwd', 'room/../../x']) {
      assert.throws(() => inside(root, name), { code: 'internal' }, name);
    }
    assert.equal(inside(root, 'room/a.mkv'), '/srv/recordings/room/a.mkv');
  });
});

describe('segments of a recording', () => {
  const segment = (path: string, codecs: SegmentFacts['codecs']): SegmentFacts => ({
    ...{ path, codecs, bytes: 1, zeroAt: 0, fromMs: 0, toMs: 1, tracks: [] },
  });

  it('become one file as long as their codecs are the same', () => {
    const codecs = [
      { audio: 'opus', video: 'vp8' },
      { audio: 'opus', video: 'vp8' },
      { audio: 'opus' },
      { audio: 'opus', video: 'vp8' },
    ];
    const groups = groupsOf(codecs.map((of, index) => segment(String(index), of)));
    assert.deepEqual(
      groups.map((group) => group.map(({ path }) => path)),
      [['0', '1'], ['2'], ['3']],
    );
  });
});

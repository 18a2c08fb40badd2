import assert from 'node:assert/strict';
import { PorticoAdmin } from '../../management-api/sdk/index.ts';
import { startSingle, type Single } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment } from '../support/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { LiveViewer } from '../support/live-viewer.ts';
import { people, plainCamera, type Person } from '../support/people.ts';
import { ParticipantPage } from '../support/page.ts';
import { PlaybackPages } from '../support/playback-page.ts';
import { isOf } from '../support/seen-person.ts';
import { until } from '../support/until.ts';
import { UploadServer } from '../support/upload-server.ts';

const views = [{ label: 'common' }, { label: 'avc', video: { format: { codec: 'h264' } } }];

/** A stream that goes out, and who is in it. */
interface Source {
  room: string;
  id: string;
  who: Person;
  /** Of its picture. */
  codec: 'vp8' | 'h264';
}

describe('a stream of a room that goes out', function () {
  this.timeout(120_000);
  const browser = useBrowser();
  const uploads = fixture(
    () => UploadServer.start(),
    (server) => server.stop(),
  );
  const pages = fixture(
    () => PlaybackPages.start(),
    (started) => started.stop(),
  );
  const deployment = useDeployment<Single>(() =>
    startSingle({ streaming: { private_networks: true }, 'rooms.default': { views, auto_mix: true } }),
  );
  const adminOf = async () => new PorticoAdmin(await deployment().management());

  const enter = async (room: string, user: Person, codec: string) => {
    const options = { room, user, query: { codec } };
    const page = await ParticipantPage.join(browser(), deployment(), options, plainCamera);
    const admin = await adminOf();
    const id = await until(
      async () => (await admin.streams.list(room)).find(({ type }) => type === 'forward')?.id,
      { timeoutMs: 20_000, what: 'somebody is seen' },
    );
    return { page, id };
  };

  /** Sends it by everything at once, and looks at what arrives everywhere. */
  async function goesOut({ room, id: from, who, codec }: Source): Promise<void> {
    const admin = await adminOf();
    const [rtsp, srt] = [
      `rtsp://127.0.0.1:${await freePort()}/live`,
      `srt://127.0.0.1:${await freePort()}`,
    ] as const;
    const viewers = {
      rtsp: await LiveViewer.start(['-rtsp_flags', 'listen', '-rtsp_transport', 'tcp', '-i', rtsp]),
      srt: await LiveViewer.start(['-i', `${srt}?mode=listener`]),
    };
    const media = { audio: { from }, video: { from } };
    const list = `/${from}/show.m3u8`;
    const wanted = [{ url: rtsp }, { url: srt }, { url: uploads().url(list) }, { protocol: 'dash' as const }];
    const outs = await Promise.all(
      wanted.map((target) => admin.streamingOuts.start(room, { ...target, media })),
    );
    try {
      for (const { id } of outs) {
        await until(async () => (await admin.streamingOuts.get(room, id)).status === 'live', {
          timeoutMs: 40_000,
          what: 'all of them are live',
        });
      }
      const playback = await pages().play(browser(), 'dash', outs[3]?.url ?? '');
      const { colour, tone } = people[who];
      await playback.until('it is played as DASH', (played) => {
        const near = played.colour.every((value, index) => Math.abs(value - (colour[index] ?? 0)) < 70);
        return near && Math.abs(played.tone - tone) < 20;
      });
      // It looks at what comes for some seconds first.
      await viewers.srt.receives();
      const hls = await LiveViewer.start(['-t', '3', '-i', uploads().url(list)]);
      await until(() => hls.gone, { timeoutMs: 30_000, what: 'it is fetched where it was brought' });
      const [byRtsp, bySrt, byHls] = await Promise.all(
        [viewers.rtsp, viewers.srt, hls].map((viewer) => viewer.finish()),
      );
      assert.deepEqual(byRtsp?.codecs, [codec, 'opus']);
      assert.deepEqual(
        [bySrt?.codecs, byHls?.codecs],
        [
          ['h264', 'aac'],
          ['h264', 'aac'],
        ],
      );
      for (const seen of [byRtsp, bySrt, byHls]) isOf(who, seen!);
      await hls.dispose();
    } finally {
      await Promise.all(outs.map(({ id }) => admin.streamingOuts.stop(room, id)));
      await Promise.all(Object.values(viewers).map((viewer) => viewer.dispose()));
    }
  }

  for (const codec of ['vp8', 'h264'] as const) {
    it(`arrives by RTSP, SRT, DASH and uploaded HLS as ${codec} that somebody sends`, async () => {
      const { page, id } = await enter(codec, 'lime', codec);
      await goesOut({ room: codec, id, who: 'lime', codec });
      await page.close();
    });
  }

  for (const [label, codec] of [
    ['common', 'vp8'],
    ['avc', 'h264'],
  ] as const) {
    it(`arrives the same way as the mixed view in ${codec}`, async () => {
      const room = `mixed-${codec}`;
      const { page } = await enter(room, 'red', codec === 'vp8' ? 'h264' : 'vp8');
      await goesOut({ room, id: `${room}-${label}`, who: 'red', codec });
      await page.close();
    });
  }
});

import assert from 'node:assert/strict';
import { startSingle } from '../support/deployment.ts';
import { useBrowser, useDeployment } from '../support/fixture.ts';
import { eventually, ParticipantPage } from '../support/page.ts';
import { seeAndHearEachOther } from '../scenarios/call.ts';

describe('a conference in one process', function () {
  this.timeout(120_000);
  const deployment = useDeployment(() => startSingle());
  const browser = useBrowser();

  const join = (room: string, user: string, query: Record<string, string> = {}, role?: string) =>
    ParticipantPage.join(browser(), deployment(), {
      room,
      user,
      query,
      ...(role === undefined ? {} : { role }),
    });

  it('lets two participants see and hear each other', async () => {
    const [alice, bob] = await Promise.all([join('two', 'alice'), join('two', 'bob')]);
    await seeAndHearEachOther(alice, bob);
    await Promise.all([alice.close(), bob.close()]);
  });

  it('tells who joined and who left', async () => {
    const alice = await join('comings', 'alice');
    const bob = await join('comings', 'bob');
    const id = await alice.idOf('bob');
    await bob.close();
    await alice.page.waitForFunction(
      (gone) => window.portico.conference?.participants.has(gone) === false,
      id,
    );
    await alice.close();
  });

  it('shows a mute to everybody, to late joiners too', async () => {
    const [alice, bob] = await Promise.all([join('mute', 'alice'), join('mute', 'bob')]);
    await bob.hearsSound();
    await alice.page.keyboard.press('m');
    const muted = (page: ParticipantPage) =>
      page.page.waitForFunction(() => {
        const streams = [...(window.portico.conference?.streams.values() ?? [])];
        return streams.some((stream) => stream.tracks.some((track) => track.kind === 'audio' && track.muted));
      });
    await muted(bob);
    const carol = await join('mute', 'carol');
    await muted(carol);
    await alice.page.keyboard.press('m');
    await bob.hearsSound();
    await Promise.all([alice.close(), bob.close(), carol.close()]);
  });

  it('carries chat messages', async () => {
    const [alice, bob] = await Promise.all([join('chat', 'alice'), join('chat', 'bob')]);
    await alice.idOf('bob');
    await alice.page.evaluate(() => window.portico.conference?.send('good morning'));
    await bob.page.getByText('good morning').first().waitFor({ state: 'attached' });
    await Promise.all([alice.close(), bob.close()]);
  });

  it('shares a screen as a stream of its own', async () => {
    const [alice, bob] = await Promise.all([join('screen', 'alice'), join('screen', 'bob')]);
    await alice.idOf('bob');
    await alice.page.evaluate(async () => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [1280, 720];
      const context = canvas.getContext('2d');
      let step = 0;
      setInterval(() => {
        if (context === null) return;
        context.fillStyle = `hsl(${String((step += 7) % 360)} 80% 60%)`;
        context.fillRect(0, 0, 1280, 720);
        context.fillStyle = 'white';
        context.fillRect(step % 1200, 300, 80, 80);
      }, 50);
      await window.portico.conference?.publish(canvas.captureStream(20), {
        source: { video: 'screen-cast' },
      });
    });
    await bob.seesMoreFrames('alice', 10, { source: 'screen-cast' });
    await bob.seesLivePicture('alice', 'screen-cast');
    await bob.seesMoreFrames('alice', 10);
    await Promise.all([alice.close(), bob.close()]);
  });

  it('sends three simulcast layers, and switches what a viewer receives', async () => {
    const [alice, bob, carol] = await Promise.all([
      join('layers', 'alice'),
      join('layers', 'bob'),
      join('layers', 'carol'),
    ]);
    const width = (page: ParticipantPage, user: string) =>
      page
        .video(user)
        .then((selector) =>
          page.page.evaluate(
            (query) => document.querySelector<HTMLVideoElement>(query)?.videoWidth ?? 0,
            selector,
          ),
        );
    await Promise.all([bob.seesMoreFrames('alice', 10), carol.seesMoreFrames('alice', 10)]);
    const choose = (page: ParticipantPage, spatial: number) =>
      page.page.evaluate(async (layer) => {
        const { conference } = window.portico;
        for (const subscription of conference?.subscriptions.values() ?? [])
          await subscription.setLayers({ spatial: layer });
      }, spatial);
    await choose(bob, 0);
    await choose(carol, 2);
    const small = await eventually(
      'bob receives the small layer',
      async () => {
        const [narrow, wide] = await Promise.all([width(bob, 'alice'), width(carol, 'alice')]);
        return narrow > 0 && wide > narrow && narrow;
      },
      40_000,
    );
    await choose(bob, 2);
    await eventually(
      'bob receives a larger layer again',
      async () => (await width(bob, 'alice')) > small,
      40_000,
    );
    await Promise.all([alice.close(), bob.close(), carol.close()]);
  });

  it('stops sending what nobody watches', async () => {
    const [alice, bob] = await Promise.all([join('unwatched', 'alice'), join('unwatched', 'bob')]);
    await bob.seesMoreFrames('alice', 20);
    const before = await eventually('alice sends video', async () => {
      const rate = await alice.sendBitrate();
      return rate > 100_000 && rate;
    });
    await bob.page.evaluate(async () => {
      for (const subscription of window.portico.conference?.subscriptions.values() ?? [])
        await subscription.pause('video');
    });
    await eventually('her bitrate falls', async () => (await alice.sendBitrate()) < before / 10);
    await bob.page.evaluate(async () => {
      for (const subscription of window.portico.conference?.subscriptions.values() ?? [])
        await subscription.resume('video');
    });
    await bob.seesMoreFrames('alice', 20);
    await Promise.all([alice.close(), bob.close()]);
  });

  it('lets a presenter remove somebody, who is told', async () => {
    const [alice, bob] = await Promise.all([join('drop', 'alice'), join('drop', 'bob', {}, 'viewer')]);
    const id = await alice.idOf('bob');
    await alice.page.evaluate((target) => window.portico.conference?.drop(target), id);
    await bob.page.waitForFunction(() => document.documentElement.dataset.state !== 'connected');
    await alice.page.waitForFunction(
      (gone) => window.portico.conference?.participants.has(gone) === false,
      id,
    );
    await Promise.all([alice.close(), bob.close()]);
  });

  it('refuses to publish for a viewer, who sees and hears the others', async () => {
    const alice = await join('viewer', 'alice');
    const viewer = await join('viewer', 'vera', {}, 'viewer');
    await viewer.seesMoreFrames('alice', 10);
    await viewer.hearsSound();
    const refusal = await viewer.page.evaluate(async () => {
      const canvas = document.createElement('canvas');
      canvas.getContext('2d');
      try {
        await window.portico.conference?.publish(canvas.captureStream(5));
        return 'accepted';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
    assert.equal(refusal, 'forbidden');
    await Promise.all([alice.close(), viewer.close()]);
  });

  it('says which codec a browser cannot decode', async () => {
    const alice = await join('codec', 'alice', { codec: 'av1' });
    const options = { room: 'codec', user: 'bob' };
    const bob = await ParticipantPage.join(browser(), deployment(), options, withoutAv1);
    const refusal = await bob.page.waitForFunction(async () => {
      const { conference } = window.portico;
      const streams = [...(conference?.streams.values() ?? [])];
      const stream = streams.find(({ type, video }) => type === 'forward' && video !== undefined);
      if (conference === undefined || stream === undefined) return undefined;
      try {
        await conference.subscribe(stream);
        return { code: 'accepted', message: '' };
      } catch (error) {
        const { code, message } = error as { code?: string; message?: string };
        return { code, message };
      }
    });
    const { code, message } = (await refusal.jsonValue()) ?? {};
    assert.equal(code, 'codec_unsupported');
    assert.match(String(message), /av1/i);
    await Promise.all([alice.close(), bob.close()]);
  });
});

/** Runs in a page: makes its browser one that has never heard of AV1. */
function withoutAv1(): void {
  const { prototype } = RTCPeerConnection;
  const createOffer = Reflect.get(prototype, 'createOffer') as (
    options?: RTCOfferOptions,
  ) => Promise<RTCSessionDescriptionInit>;
  const strip = (sdp: string): string => {
    const types = [...sdp.matchAll(/a=rtpmap:(\d+) AV1\/90000/g)].map(([, type]) => type);
    const repair = [...sdp.matchAll(/a=fmtp:(\d+) apt=(\d+)/g)]
      .filter(([, , of]) => types.includes(of))
      .map(([, type]) => type);
    return [...types, ...repair].reduce<string>(
      (text, type) =>
        text
          .replaceAll(new RegExp(`a=(rtpmap|fmtp|rtcp-fb):${String(type)} .*\\r\\n`, 'g'), '')
          .replaceAll(new RegExp(`(m=video [^\\r]*) ${String(type)}(?= |\\r)`, 'g'), '$1'),
      sdp,
    );
  };
  Reflect.set(prototype, 'createOffer', async function (this: RTCPeerConnection, options?: RTCOfferOptions) {
    const offer = await createOffer.call(this, options);
    return { type: 'offer', sdp: strip(offer.sdp ?? '') };
  });
}

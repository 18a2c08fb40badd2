import { setTimeout as pause } from 'node:timers/promises';
import { seeAndHearEachOther } from '../scenarios/call.ts';
import { ClientNetwork } from '../support/client-network.ts';
import { startSingle } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment } from '../support/fixture.ts';
import { FreezeMeter } from '../support/freeze-meter.ts';
import { ParticipantPage } from '../support/page.ts';

describe('tools', function () {
  this.timeout(120_000);
  const network = fixture(() => ClientNetwork.create(), (c) => c.remove());
  const running = useDeployment(() => startSingle({portal: { ping_interval_ms: 2_000, ping_timeout_ms: 2_000 }}, { host: network().server }));
  const secure = () => [`--unsafely-treat-insecure-origin-as-secure=${running().url}`];
  const outside = useBrowser(() => ({ args: secure() }));
  const inside = useBrowser(async () => ({ executablePath: await network().wrap('/usr/bin/chromium'), args: secure() }));
  it('network', async () => {
    const [alice, bob] = await Promise.all([
      ParticipantPage.join(inside(), running(), { room: 'a', user: 'alice', query: {simulcast: '0'} }),
      ParticipantPage.join(outside(), running(), { room: 'a', user: 'bob' , query: {simulcast: '0'} }),
    ]);
    await seeAndHearEachOther(alice, bob);
    await alice.page.evaluate(() => {
      const log: string[] = []; (window as any).elog = log; const t0 = performance.now();
      const n = (s: string) => log.push(`${Math.round(performance.now() - t0)} ${s}`);
      (window as any).nn = n;
      for (const e of ['online', 'offline']) window.addEventListener(e, () => n(e));
      const c = (navigator as any).connection; n('type ' + c?.type + ' ' + c?.effectiveType + ' ' + c?.rtt);
      c?.addEventListener('change', () => n('conn change ' + c.type + ' ' + c.effectiveType + ' ' + c.rtt+ ' ' + c.downlink));
      for (const [i, pc] of (window as any).peerConnections.entries()) {
        pc.addEventListener('iceconnectionstatechange', () => n(`pc${i} ice ${pc.iceConnectionState}`));
        pc.addEventListener('connectionstatechange', () => n(`pc${i} conn ${pc.connectionState}`));
      }
      window.portico.conference?.on('state', (e: any) => n('state ' + e.state));
      n('move');
    });
    const m = await Promise.all([FreezeMeter.start(alice, 'bob'), FreezeMeter.start(bob, 'alice')]); await network().move(); const t = Date.now(); await Promise.all([alice.seesMoreFrames('bob', 3), bob.seesMoreFrames('alice', 3)]); console.log('frames', Date.now() - t);
    await pause(9000);
    console.log(await Promise.all(m.map((x) => x.stop()))); console.log(await alice.page.evaluate(() => (window as any).elog));
  });
});

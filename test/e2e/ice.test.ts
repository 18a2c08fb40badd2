import assert from 'node:assert/strict';
import { startSingle } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment, useStoppable } from '../support/fixture.ts';
import { NetworkNamespace } from '../support/network-namespace.ts';
import { ParticipantPage } from '../support/page.ts';
import { TurnServer } from '../support/turn-server.ts';
import { seeAndHearEachOther } from '../scenarios/call.ts';

describe('media through a TURN server', function () {
  this.timeout(120_000);
  const secret = 'turn-secret-of-the-tests';
  const turn = useStoppable(() => TurnServer.start(secret));
  const deployment = useDeployment(() =>
    startSingle({
      ice: { turn: [`turn:127.0.0.1:${String(turn().port)}?transport=udp`], turn_secret: secret },
    }),
  );
  const browser = useBrowser(() => ({ args: ['--allow-loopback-in-peer-connection'] }));

  it('flows when the client may use relays only, with credentials made for the participant', async () => {
    const query = { iceTransportPolicy: 'relay' };
    const join = (user: string) =>
      ParticipantPage.join(browser(), deployment(), { room: 'relay', user, query });
    const [alice, bob] = await Promise.all([join('alice'), join('bob')]);
    await seeAndHearEachOther(alice, bob);
    for (const page of [alice, bob]) {
      const protocols = await page.protocols();
      assert.ok(
        protocols.length > 0 && protocols.every((protocol) => protocol.startsWith('relay/')),
        protocols.join(),
      );
    }
    await Promise.all([alice.close(), bob.close()]);
  });
});

describe('media where UDP is blocked', function () {
  this.timeout(120_000);
  const network = fixture(
    () => NetworkNamespace.create(),
    (created) => created.remove(),
  );
  const deployment = useDeployment(async () => {
    await network().dropUdp();
    return await startSingle({}, { launcher: network().launcher });
  });
  const browser = useBrowser(async () => ({
    executablePath: await network().wrap('/usr/bin/chromium'),
    args: ['--allow-loopback-in-peer-connection'],
  }));

  it('flows over ICE-TCP', async () => {
    const join = (user: string) => ParticipantPage.join(browser(), deployment(), { room: 'tcp', user });
    const [alice, bob] = await Promise.all([join('alice'), join('bob')]);
    await seeAndHearEachOther(alice, bob);
    for (const page of [alice, bob]) {
      const protocols = await page.protocols();
      assert.ok(
        protocols.length > 0 && protocols.every((protocol) => protocol.endsWith('/tcp')),
        protocols.join(),
      );
    }
    await Promise.all([alice.close(), bob.close()]);
  });
});

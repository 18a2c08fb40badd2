import type { MemberId } from '../../../../common/contract/ids.ts';
import type { ServiceContext } from '../../../../common/service.ts';
import type { Portal } from '../../../../portal/portal.ts';
import { ScriptedConference } from './scripted-conference.ts';
import { metric, until, World } from './world.ts';

/** A portal and a conference agent whose answers are scripted. */
export interface Scene {
  world: World;
  conference: ScriptedConference;
  portal: Portal;
  context: ServiceContext;
  /** The portal, as a member of the cluster. */
  here: MemberId;
  /** Resolves when the room knows of so many lost connections. */
  away: (count?: number) => Promise<void>;
  /** How many relogins ended like this. */
  relogins: (result: string) => Promise<number>;
}

/** A scene of its own for each test of a suite; it is empty until a test runs. */
export function useScene(overrides: ConstructorParameters<typeof World>[0] = {}): Scene {
  const scene = {} as Scene;
  beforeEach(async () => {
    const world = new World(overrides);
    const conference = await ScriptedConference.start(world);
    const { portal, context } = await world.portal();
    Object.assign(scene, {
      world,
      conference,
      portal,
      context,
      here: context.membership.id,
      away: (count = 1) =>
        until(() => conference.room.of('detach').length >= count, 'the room knows of the lost connection'),
      relogins: (result: string) => metric(context, 'portico_relogins_total', { result }),
    } satisfies Scene);
  });
  afterEach(async () => {
    await scene.world.close();
  });
  return scene;
}

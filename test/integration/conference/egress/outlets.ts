import type { z } from 'zod';
import type { ClientContract } from '../../../../common/contract/client.ts';
import type { EgressSpec, EgressTarget } from '../../../../common/contract/egress.ts';
import { EgressId } from '../../../../common/contract/ids.ts';
import type { EgressMedia, RoomAdminContract, RoomEvent } from '../../../../common/contract/management.ts';
import type { Guest, ScriptedMixer } from '../../../support/scripted-agents.ts';
import type { ScriptedOutlets } from '../../../support/scripted-outlets.ts';
import { until } from '../../../support/until.ts';
import type { Process } from '../cluster.ts';
import { heard, must, streamId } from '../stage.ts';
import { Scene } from '../views/scene.ts';

export const egressId = (id: string): EgressId => EgressId.parse(id);

export const mp4: EgressTarget = { type: 'recording', container: 'mp4' };
export const rtmp: EgressTarget = { type: 'live', protocol: 'rtmp', url: 'rtmp://far.example/app/key' };

/** Sound and picture of a stream. */
export const both = (from: string): EgressMedia => ({
  audio: { from: streamId(from) },
  video: { from: streamId(from) },
});

/** A room with mixer agents, and what is recorded, sent out of it and fetched into it. */
export class Outlets {
  readonly scene: Scene;

  static async set(...args: Parameters<typeof Scene.set>): Promise<Outlets> {
    return new Outlets(await Scene.set(...args));
  }

  private constructor(scene: Scene) {
    this.scene = scene;
  }

  get stage() {
    return this.scene.stage;
  }

  /** Management begins one. */
  start(id: string, media: EgressMedia, target: EgressTarget = mp4) {
    return this.stage.admin('admin.egress.start', { id: egressId(id), target, media });
  }

  end(id: string) {
    return this.stage.admin('admin.egress.stop', { id: egressId(id) });
  }

  async running() {
    return (await this.stage.admin('admin.egresses', {})).egresses;
  }

  change(id: string, ...changes: z.input<RoomAdminContract['admin.egress.change']['input']>['changes']) {
    return this.stage.admin('admin.egress.change', { id: egressId(id), changes });
  }

  /** A participant records. */
  record({ portal, id }: Guest, request: z.input<ClientContract['start-recording']['input']> = {}) {
    return portal.request(this.stage.room, id, 'start-recording', request);
  }

  control({ portal, id }: Guest, request: z.input<ClientContract['control-recording']['input']>) {
    return portal.request(this.stage.room, id, 'control-recording', request);
  }

  /** Agents on which one runs. */
  hosts(id: string): Process<ScriptedMixer>[] {
    return this.stage.mixers.filter(({ service }) => {
      const listed = service.outlets.egresses.get(egressId(id));
      return listed !== undefined && listed.state.status !== 'finalising';
    });
  }

  /** The one agent on which it runs. */
  host(id: string): ScriptedMixer {
    return must(this.hosts(id)[0]).service;
  }

  /** The newest spec of one that runs. */
  spec(id: string): EgressSpec | undefined {
    const [host] = this.hosts(id);
    return host?.service.outlets.egresses.get(egressId(id))?.spec;
  }

  /** Waits until the newest spec is like this. */
  specLike(id: string, matches: (spec: EgressSpec) => boolean): Promise<EgressSpec> {
    const find = () => {
      const spec = this.spec(id);
      return spec !== undefined && matches(spec) ? spec : undefined;
    };
    return until(find, { what: `an egress with ${matches.toString()}` });
  }

  get outlets(): ScriptedOutlets {
    return this.scene.mixer.outlets;
  }

  /** What management was told of recordings and live streams. */
  events(): Extract<RoomEvent, { egress: unknown }>[] {
    return this.stage.api.events(this.stage.room).filter((event) => 'egress' in event);
  }

  /** The same in short, once there are so many. */
  told(count: number): Promise<string[]> {
    const find = () => {
      const events = this.events();
      return (
        events.length >= count &&
        events.map((event) => `${event.type}${'reason' in event ? ` ${event.reason}` : ''}`)
      );
    };
    return until(find, { what: `${String(count)} events` });
  }

  stop(): Promise<void> {
    return this.scene.stop();
  }
}

/** What somebody was told of recordings, in short. */
export const recordingsHeard = (guest: Guest): string[] =>
  heard(guest, 'recording').map((event) =>
    event.status === 'ended' ? `ended ${event.reason}` : `${event.status} ${event.data.status}`,
  );

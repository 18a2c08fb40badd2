import type { Config } from '../../common/config/schema.ts';
import type { EgressSpec, RecordingFile } from '../../common/contract/egress.ts';
import type { EgressEndReason } from '../../common/contract/mixing.ts';
import type { EgressProcessTarget } from '../egress/protocol.ts';
import type { LiveFolder } from '../live-folder/live-folder.ts';
import type { Recordings } from '../recordings/recordings.ts';
import { checkOutput } from '../streaming/url-policy.ts';
import { liveTarget } from './target.ts';

export interface OutletParts {
  streaming: Config['streaming'];
  recording: Config['recording'];
  recordings: Recordings;
  live: LiveFolder;
}

/** Where the media of a recording or live stream go, for as long as it runs and a little longer. */
export interface Outlet {
  readonly target: EgressProcessTarget;
  /** Where players find it. */
  readonly url?: string;
  /** Its process is gone: makes of what is there what it should be. */
  finish: (reason: EgressEndReason) => Promise<RecordingFile[]>;
}

/** @throws PorticoError `resource_exhausted` when there is no space, `bad_request` for a URL that is not allowed */
export async function openOutlet(parts: OutletParts, spec: EgressSpec): Promise<Outlet> {
  const { target } = spec;
  if (target.type === 'recording') return await recordingOutlet(parts, spec, target.container);
  const { live, streaming } = parts;
  if (target.url !== undefined) {
    await checkOutput(target.url, target.protocol, streaming);
    return { target: liveTarget(target, target.url, streaming), finish: () => Promise.resolve([]) };
  }
  const { path, url } = await live.open(spec.id, target.protocol);
  const finish = async () => {
    await live.close(spec.id);
    return [];
  };
  return { target: liveTarget(target, path, streaming), url, finish };
}

type RecordingTarget = Extract<EgressProcessTarget, { type: 'recording' }>;

async function recordingOutlet(
  { recordings, recording }: OutletParts,
  spec: EgressSpec,
  container: RecordingTarget['container'],
): Promise<Outlet> {
  await recordings.admit(spec.room);
  const { folder } = await recordings.open(spec);
  return {
    target: { type: 'recording', folder, container, syncMs: recording.sync_ms },
    finish: async (reason) => (await recordings.finish(folder, reason)).files,
  };
}

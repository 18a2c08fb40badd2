import { PorticoError } from '../../common/contract/errors.ts';
import type { StreamId } from '../../common/contract/ids.ts';
import type { LayoutChange } from '../../common/contract/layout.ts';
import type { ForwardStreamInfo, Kind, MixedStreamInfo, StreamInfo } from '../../common/contract/media.ts';
import { checkLayout } from '../../common/layout/check.ts';
import type { StreamPatch } from '../schemas/streams.ts';

/** What a patch asks of the room (OWT 7.4), checked as far as it can be from here. */
export interface StreamChanges {
  mutes: { kinds: Kind[]; operation: 'pause' | 'play' }[];
  views: { view: string; operation: 'mix' | 'unmix' }[];
  /** In their order: each builds on what the ones before it have made. */
  layouts: LayoutChange[];
}

type Operation = StreamPatch[number];
/** A part of the patch, and its path in the body. */
type At<O> = { operation: O; field: string };
type Mute = Extract<Operation, { path: '/media/audio/status' | '/media/video/status' }>;
type Mix = Extract<Operation, { path: '/info/inViews' }>;

const isMute = (operation: Operation): operation is Mute => operation.path.startsWith('/media/');
const isMix = (operation: Operation): operation is Mix => operation.path === '/info/inViews';

const refuse = (field: string, sentence: string): PorticoError =>
  new PorticoError('bad_request', sentence, { field });

/**
 * Checks a patch against the streams of the room, all of it before anything is done.
 *
 * @throws PorticoError `bad_request`, `track_not_found`, `stream_not_found`; `field` such as `[1].value`
 */
export function changesOf(patch: StreamPatch, stream: StreamInfo, all: readonly StreamInfo[]): StreamChanges {
  const parts = patch.map((operation, index) => ({ operation, field: `[${index}]` }));
  return stream.type === 'mixed' ? ofMixed(parts, stream, all) : ofForward(parts, stream, all);
}

function ofForward(
  parts: readonly At<Operation>[],
  stream: ForwardStreamInfo,
  all: readonly StreamInfo[],
): StreamChanges {
  const labels = new Set(all.flatMap((other) => (other.type === 'mixed' ? [other.info.label] : [])));
  // Later operations overrule earlier ones.
  const mutes = new Map<Kind, 'pause' | 'play'>();
  const views = new Map<string, 'mix' | 'unmix'>();
  for (const { operation, field } of parts) {
    if (isMute(operation)) {
      const kind = operation.path === '/media/audio/status' ? 'audio' : 'video';
      if (!stream.media.tracks.some(({ type }) => type === kind)) {
        throw new PorticoError('track_not_found', `stream '${stream.id}' has no ${kind}`, { field });
      }
      mutes.set(kind, operation.value === 'active' ? 'play' : 'pause');
    } else if (isMix(operation)) {
      const { op, value } = operation;
      if (!labels.has(value)) throw refuse(`${field}.value`, `Invalid view: the room has no view '${value}'`);
      views.set(value, op === 'add' ? 'mix' : 'unmix');
    } else {
      throw refuse(`${field}.path`, `stream '${stream.id}' is not mixed: it has no layout`);
    }
  }
  return {
    mutes: (['pause', 'play'] as const)
      .map((wanted) => ({
        operation: wanted,
        kinds: [...mutes].flatMap(([kind, operation]) => (operation === wanted ? [kind] : [])),
      }))
      .filter(({ kinds }) => kinds.length > 0),
    views: [...views].map(([view, operation]) => ({ view, operation })),
    layouts: [],
  };
}

function ofMixed(
  parts: readonly At<Operation>[],
  stream: MixedStreamInfo,
  all: readonly StreamInfo[],
): StreamChanges {
  const { label } = stream.info;
  const inputs = new Set(
    all.flatMap((other) =>
      other.type === 'forward' && other.info.inViews.includes(label) ? [other.id] : [],
    ),
  );
  let regions = stream.info.layout.length;
  const layouts = parts.map(({ operation, field }): LayoutChange => {
    if (isMute(operation) || isMix(operation)) {
      const what = isMix(operation) ? 'it cannot be mixed' : 'mute what is mixed into it';
      throw refuse(`${field}.path`, `Stream is Mixed: ${what}`);
    }
    if (operation.path === '/info/layout') {
      const layout = operation.value as Extract<LayoutChange, { layout: unknown }>['layout'];
      checkLayout(layout, { isMixed: (id) => inputs.has(id), field: `${field}.value` });
      regions = layout.length;
      return { layout };
    }
    return regionChange(operation.path, operation.value as StreamId, { field, inputs, regions });
  });
  return { mutes: [], views: [], layouts };
}

function regionChange(
  path: string,
  stream: StreamId,
  { field, inputs, regions }: { field: string; inputs: ReadonlySet<StreamId>; regions: number },
): LayoutChange {
  const index = Number(path.split('/')[3]);
  if (index >= regions) {
    throw refuse(`${field}.path`, `Invalid region: the layout has ${regions} regions, counted from 0`);
  }
  if (!inputs.has(stream)) {
    const sentence = `The stream '${stream}' is not mixed into this view.`;
    throw new PorticoError('stream_not_found', sentence, { field: `${field}.value` });
  }
  return { stream, index };
}

import type { NamedStream } from '../../../layout-editor/order.ts';
import { hueOf } from '../../../app/src/ui/names.ts';
import type { View11 } from '../../../../management-api/schemas/views.ts';
import { formatCodec, formatShare } from './format.ts';
import type { PublishedStream, RoomPicture } from './room-picture.ts';

/** Size of a view's picture; undefined: it has none. */
export function sizeOf({ stream: { media } }: View11): { width: number; height: number } | undefined {
  if (media.video === false) return undefined;
  return media.video.original[0]?.parameters?.resolution ?? { width: 640, height: 480 };
}

/** `1280×720 · 24 fps · VP8`, or that there is only sound. */
export function formText(view: View11): string {
  const { video } = view.stream.media;
  const size = sizeOf(view);
  if (video === false || size === undefined) return 'sound only';
  const [sent] = video.original;
  const rate = sent?.parameters?.framerate;
  const words = [
    `${String(size.width)}×${String(size.height)}`,
    ...(rate === undefined ? [] : [`${String(rate)} fps`]),
    formatCodec(sent?.format),
  ];
  return words.join(' · ');
}

const hasPicture = ({ media }: PublishedStream): boolean => media.video !== false;

/** What a stream is called: after its owner, or as it was named, and what it shows. */
export function nameOf(
  { id, info, media }: PublishedStream,
  { participants }: Pick<RoomPicture, 'participants'>,
): string {
  const { name: given } = info.attributes;
  const fetched = typeof given === 'string' && given !== '' ? given : id;
  const owner = participants.find((participant) => participant.id === info.owner)?.user ?? info.owner;
  const name = info.owner === 'admin' ? fetched : owner;
  const isScreen = media.video !== false && media.video.source === 'screen-cast';
  return isScreen ? `${name} (screen)` : name;
}

export interface Inputs {
  /** With a picture: these take regions. */
  shown: NamedStream[];
  /** Names of those that find no region. */
  waiting: string[];
  /** Names of those without a picture. */
  heard: string[];
}

/** What is mixed into a view. */
export function inputsOf(view: View11, picture: RoomPicture): Inputs {
  const mixed = new Set<string>(view.inputs);
  const streams = picture.streams.filter(({ id }) => mixed.has(id));
  const placed = new Set<string>(view.stream.info.layout.flatMap(({ stream }) => stream ?? []));
  const pictures = streams.filter(hasPicture);
  const name = (stream: PublishedStream): string => nameOf(stream, picture);
  return {
    shown: pictures.map((stream) => ({ id: stream.id, name: name(stream), hue: hueOf(stream.info.owner) })),
    waiting: pictures.filter(({ id }) => !placed.has(id)).map(name),
    heard: streams.filter((stream) => !hasPicture(stream)).map(name),
  };
}

/** How a mix does, as name and value. */
export function measureRows({ measure }: View11): [name: string, value: string, title?: string][] {
  if (measure === undefined) return [];
  const { framerate, delayMs, composeMs, cpu, decoding, loss, skipped, restarts } = measure;
  const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
  return [
    ['frames per second', framerate.toFixed(1)],
    ['delay', ms(delayMs.p50), `95 %: ${ms(delayMs.p95)}`],
    ['composing', ms(composeMs.p50), `95 %: ${ms(composeMs.p95)}`],
    ['CPU', `${cpu.toFixed(2)} cores`],
    ['decoded', String(decoding)],
    ['loss', formatShare(loss)],
    ['skipped', String(skipped)],
    ['restarts', String(restarts)],
  ];
}

import type { Room, RoomUpdate } from '../../../../management-api/schemas/rooms.ts';
import type { Entry } from '../../../layout-editor/order.ts';

export type ViewSetting = Room['views'][number];
type ViewVideo = Exclude<ViewSetting['video'], false>;
type Base = ViewVideo['layout']['templates']['base'];
type Fit = ViewVideo['layout']['fitPolicy'];
type Framerate = ViewVideo['parameters']['framerate'];
type KeyFrameInterval = ViewVideo['parameters']['keyFrameInterval'];

/** What the dialog shows of a view; numbers that are typed as text. */
export interface ViewForm {
  /** Stays the same while it is edited. */
  key: number;
  label: string;
  hasPicture: boolean;
  /** `1280x720`. */
  size: string;
  framerate: Framerate;
  keyFrameInterval: KeyFrameInterval;
  codec: 'vp8' | 'h264';
  /** kbit/s; empty: by size and rate. */
  bitrate: string;
  maxInput: string;
  /** `#rrggbb`. */
  background: string;
  base: Base;
  fit: Fit;
  labels: boolean;
  speakingMark: boolean;
  followsSpeaker: boolean;
  /** Regions of templates of its own. */
  templates: Entry[][];
  /** As it is stored: what the dialog does not show stays. */
  stored: ViewSetting | undefined;
}

let lastKey = 0;

const twoDigits = (value: number): string => value.toString(16).padStart(2, '0');

const defaults: Omit<ViewForm, 'key'> = {
  label: '',
  hasPicture: true,
  size: '1280x720',
  framerate: 24,
  keyFrameInterval: 100,
  codec: 'vp8',
  bitrate: '',
  maxInput: '16',
  background: '#000000',
  base: 'fluid',
  fit: 'letterbox',
  labels: true,
  speakingMark: true,
  followsSpeaker: false,
  templates: [],
  stored: undefined,
};

/** A view to be added; its label is not one of these. */
export function newView(taken: readonly string[]): ViewForm {
  const labels = ['common', ...Array.from({ length: 20 }, (_, index) => `view${String(index + 2)}`)];
  const label = labels.find((name) => !taken.includes(name)) ?? '';
  return { ...defaults, key: (lastKey += 1), label };
}

export function viewFormOf(stored: ViewSetting): ViewForm {
  const { label, video } = stored;
  const start = { ...defaults, key: (lastKey += 1), label, stored };
  if (video === false) return { ...start, hasPicture: false };
  const { parameters, layout, bgColor } = video;
  const { width, height } = parameters.resolution;
  return {
    ...start,
    size: `${String(width)}x${String(height)}`,
    framerate: parameters.framerate,
    keyFrameInterval: parameters.keyFrameInterval,
    codec: video.format.codec === 'h264' ? 'h264' : 'vp8',
    bitrate: parameters.bitrate === undefined ? '' : String(parameters.bitrate),
    maxInput: String(video.maxInput),
    background: `#${[bgColor.r, bgColor.g, bgColor.b].map(twoDigits).join('')}`,
    base: layout.templates.base,
    fit: layout.fitPolicy,
    labels: video.labels,
    speakingMark: video.speakingMark,
    followsSpeaker: video.keepActiveInputPrimary,
    templates: layout.templates.custom.map(({ region }) =>
      region.map((one) => ({ region: one as Entry['region'] })),
    ),
  };
}

/** @throws Error with a sentence */
function wholeNumber(
  text: string,
  { least, most, what }: { least: number; most: number; what: string },
): number {
  const value = Number(text.trim());
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${what} must be a whole number from ${String(least)} to ${String(most)}.`);
  }
  return value;
}

/** Width and height of a size as text; undefined: it is none. */
export function sizeOfText(text: string): { width: number; height: number } | undefined {
  const [, width, height] = /^\s*(\d{2,4})\s*[x×]\s*(\d{2,4})\s*$/u.exec(text) ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}

function videoOf(form: ViewForm): NonNullable<RoomUpdate['views']>[number]['video'] {
  if (!form.hasPicture) return false;
  const resolution = sizeOfText(form.size);
  if (resolution === undefined)
    throw new Error(`The size of the view “${form.label}” must look like 1280x720.`);
  const of = `of the view “${form.label}”`;
  const channel = (from: number): number => Number.parseInt(form.background.slice(from, from + 2), 16);
  const kept = form.stored?.video === false ? undefined : form.stored?.video;
  const { bitrate: _bitrate, ...parameters } = kept?.parameters ?? {};
  return {
    ...kept,
    format: kept?.format.codec === form.codec ? kept.format : { codec: form.codec },
    parameters: {
      ...parameters,
      resolution,
      framerate: form.framerate,
      keyFrameInterval: form.keyFrameInterval,
      ...(form.bitrate.trim() === ''
        ? {}
        : { bitrate: wholeNumber(form.bitrate, { least: 30, most: 100_000, what: `The bitrate ${of}` }) }),
    },
    maxInput: wholeNumber(form.maxInput, { least: 1, most: 256, what: `The number of regions ${of}` }),
    bgColor: { r: channel(1), g: channel(3), b: channel(5) },
    keepActiveInputPrimary: form.followsSpeaker,
    labels: form.labels,
    speakingMark: form.speakingMark,
    layout: {
      fitPolicy: form.fit,
      templates: {
        base: form.base,
        custom: form.templates.map((entries) => ({ region: entries.map(({ region }) => region) })),
      },
    },
  };
}

/**
 * Views as they are to be stored.
 *
 * @throws Error with a sentence that says what is missing
 */
export function viewsOf(forms: readonly ViewForm[]): NonNullable<RoomUpdate['views']> {
  const labels = forms.map(({ label }) => label.trim());
  for (const [index, label] of labels.entries()) {
    if (!/^[\w-]{1,50}$/u.test(label)) {
      throw new Error('Each view needs a label of letters, digits, _ and -.');
    }
    if (labels.indexOf(label) < index) throw new Error(`The view “${label}” is there twice.`);
  }
  return forms.map((form, index) => ({
    ...(form.stored === undefined ? {} : { audio: form.stored.audio }),
    label: labels[index] ?? '',
    video: videoOf(form),
  }));
}

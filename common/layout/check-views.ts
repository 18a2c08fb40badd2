import { PorticoError } from '../contract/errors.ts';
import type { AudioFormat, RoomSettings, VideoFormat, View } from '../contract/room-settings.ts';
import { checkRegions } from './check.ts';

/* What the schema of views cannot say: what a mix can be sent as, and that custom templates are layouts. */

const refuse = (field: string, sentence: string): PorticoError =>
  new PorticoError('bad_request', sentence, { field });

/** Profiles of H.264 that decoders of the one that is sent (constrained baseline) know. */
const sentAs: ReadonlySet<string | undefined> = new Set([undefined, 'CB', 'B']);

function checkAudioFormat({ codec, sampleRate = 48_000, channelNum = 2 }: AudioFormat, field: string): void {
  if (codec !== 'opus') {
    throw refuse(`${field}.codec`, `The sound of a view is mixed as opus; '${codec}' is not offered.`);
  }
  if (sampleRate !== 48_000)
    throw refuse(`${field}.sampleRate`, 'Opus is mixed with 48000 samples per second.');
  if (channelNum !== 2) throw refuse(`${field}.channelNum`, 'Opus is mixed with 2 channels.');
}

function checkVideoFormat({ codec, profile }: VideoFormat, field: string): void {
  if (codec !== 'vp8' && codec !== 'h264') {
    throw refuse(
      `${field}.codec`,
      `The picture of a view is mixed as vp8 or h264; '${codec}' is not offered.`,
    );
  }
  if (codec === 'vp8' && profile !== undefined) throw refuse(`${field}.profile`, 'vp8 has no profiles.');
  if (!sentAs.has(profile)) {
    const sentence = `The picture of a view is mixed as h264 with the profile CB; '${profile ?? ''}' is not offered.`;
    throw refuse(`${field}.profile`, sentence);
  }
}

/** Whether two descriptions of a format can mean the same: what one of them leaves open fits. */
function isSame<F extends object>(one: F, other: F): boolean {
  const fields = new Map<string, unknown>(Object.entries(other));
  return Object.entries(one).every(([name, value]) => {
    const wanted = fields.get(name);
    return value === undefined || wanted === undefined || wanted === value;
  });
}

const conflict = (field: string): PorticoError =>
  refuse(
    field,
    'MediaOut conflicts with View Setting: the format of the view is not among those of mediaOut.',
  );

function checkView(view: View, { audio, video }: RoomSettings['mediaOut'], field: string): void {
  checkAudioFormat(view.audio.format, `${field}.audio.format`);
  if (!audio.some((format) => isSame(format, view.audio.format))) throw conflict(`${field}.audio.format`);
  if (view.video === false) return;
  const { format, parameters, layout } = view.video;
  checkVideoFormat(format, `${field}.video.format`);
  if (!video.format.some((other) => isSame(other, format))) throw conflict(`${field}.video.format`);
  for (const side of ['width', 'height'] as const) {
    if (parameters.resolution[side] % 2 === 0) continue;
    throw refuse(
      `${field}.video.parameters.resolution.${side}`,
      `The ${side} of a mixed picture must be even.`,
    );
  }
  for (const [index, { region }] of layout.templates.custom.entries()) {
    checkRegions(region, { field: `${field}.video.layout.templates.custom[${index}].region` });
  }
}

/**
 * Checks the views of a room: formats that can be mixed and stand in mediaOut (OWT 7.3), custom templates (OWT 8).
 *
 * @throws PorticoError bad_request; `field` such as `views[0].video.format.codec`
 */
export function checkViews({ views, mediaOut }: Pick<RoomSettings, 'views' | 'mediaOut'>): void {
  for (const [index, view] of views.entries()) checkView(view, mediaOut, `views[${index}]`);
}

import type { Format } from '../contract/media.ts';

/** What the routers of this server take, in OWT's words. H.264 is constrained baseline. */
export const routerFormats = {
  audio: [{ codec: 'opus' }],
  video: [{ codec: 'vp8' }, { codec: 'vp9' }, { codec: 'h264', profile: 'CB' }, { codec: 'av1' }],
} as const satisfies Record<'audio' | 'video', readonly Format[]>;

/**
 * Whether a format is one of those listed: the same codec and, where both name one, the same profile. In WebRTC sample
 * rate and channels of a codec are what they are (RFC 7587 for Opus), so they do not count.
 */
export function isListed(format: Format, list: readonly Format[]): boolean {
  return list.some(
    ({ codec, profile }) =>
      codec === format.codec &&
      (profile === undefined || format.profile === undefined || profile === format.profile),
  );
}

/** For sentences: `vp8, h264 (CB)`. */
export function formatNames(list: readonly Format[]): string {
  const names = list.map(({ codec, profile }) => (profile === undefined ? codec : `${codec} (${profile})`));
  return names.length === 0 ? 'none' : names.join(', ');
}

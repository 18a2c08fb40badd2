import { masker, maskUrl } from '../streaming/mask-url.ts';
import type { ChildEnd } from './media-child.ts';
import type { IngressSource } from './protocol.ts';

const longest = 500;

/** What FFmpeg complained about, without the secrets of the address; undefined: it said nothing. */
export function complaintOf({ complaints }: ChildEnd, source: IngressSource): string | undefined {
  const { url, input } = source;
  const said = complaints.findLast((words) => !isNoise(words));
  if (said === undefined) return undefined;
  const own = after(said, [`${input}: `, 'Error opening input: ', `Error opening input ${input}: `]);
  const masked = masker(url)(own.replaceAll(input, maskUrl(url)));
  return masked.slice(0, longest);
}

/** What follows a beginning; FFmpeg 6.1 and later say it in another way. */
const after = (said: string, beginnings: readonly string[]): string =>
  said.slice(beginnings.find((beginning) => said.startsWith(beginning))?.length ?? 0);

/** Lines that follow from others, or say nothing about the source. */
const isNoise = (words: string): boolean =>
  /^(error opening (input|output) files?\b|error (writing|muxing|parsing)|conversion failed|av_interleaved_write_frame|exiting|output file)/i.test(
    words,
  );

import { masker, maskUrl } from '../streaming/mask-url.ts';
import type { ChildEnd } from './media-child.ts';
import type { IngressSource } from './protocol.ts';

const longest = 500;

/** What FFmpeg complained about, without the secrets of the address; undefined: it said nothing. */
export function complaintOf({ complaints }: ChildEnd, source: IngressSource): string | undefined {
  const { url, input } = source;
  const said = complaints.findLast((words) => !isNoise(words));
  if (said === undefined) return undefined;
  const own = said.startsWith(`${input}: `) ? said.slice(input.length + 2) : said;
  const masked = masker(url)(own.replaceAll(input, maskUrl(url)));
  return masked.slice(0, longest);
}

/** Lines that follow from others, or say nothing about the source. */
const isNoise = (words: string): boolean =>
  /^(error (opening|writing|muxing|parsing)|conversion failed|av_interleaved_write_frame|exiting|output file)/i.test(
    words,
  );

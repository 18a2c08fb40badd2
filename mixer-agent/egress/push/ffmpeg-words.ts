const most = 400;

/** Lines that only follow from another one. */
const consequences = [
  /^Error (writing trailer|closing file|initializing output stream)/,
  /^Error while (processing|opening)/,
  // FFmpeg 6.1 and later, after the line that says why.
  /^Error (opening output files?\b|submitting|muxing|sending frames|processing packet)/,
  /^(Task finished with error code|Terminating thread with return code)/,
  /^Conversion failed/,
];

/** What of FFmpeg's complaints a person can use: without addresses of memory, repetitions and consequences. */
export function ffmpegWords(complaints: readonly string[]): string {
  const said = complaints
    .map((line) => line.replace(/^(\[[^\]]* @ 0x[0-9a-f]+\] ?)+/, '').trim())
    .filter((line) => line !== '' && !consequences.some((consequence) => consequence.test(line)));
  return [...new Set(said)].join('; ').slice(0, most);
}

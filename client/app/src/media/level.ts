/**
 * Measures the loudness of a microphone track about 30 times a second.
 *
 * @param report receives 0 (silence) to 1 (loud speech)
 * @returns a function that stops measuring
 */
export const watchLevel = (track: MediaStreamTrack, report: (level: number) => void): (() => void) => {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let smooth = 0;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    // -55 dBFS counts as silence and -15 dBFS as loud; falls slower than it rises, so that it can be read.
    const level = Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 55) / 40));
    smooth = level > smooth ? level : smooth * 0.85 + level * 0.15;
    report(track.enabled ? smooth : 0);
  }, 33);
  return () => {
    clearInterval(timer);
    source.disconnect();
    void context.close();
  };
};

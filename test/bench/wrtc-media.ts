import wrtc from '@roamhq/wrtc';

/** Makes libwebrtc's classes global, where mediasoup-client looks for them. */
export function installWebRtc(): void {
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate, MediaStream, MediaStreamTrack } = wrtc;
  Object.assign(globalThis, {
    RTCPeerConnection,
    RTCSessionDescription,
    RTCIceCandidate,
    MediaStream,
    MediaStreamTrack,
  });
}

/** A tone of 440 Hz, 48 kHz mono, in frames of 10 ms. */
export function toneTrack(): MediaStreamTrack {
  const source = new wrtc.nonstandard.RTCAudioSource();
  let position = 0;
  const send = () => {
    const samples = Int16Array.from(
      { length: 480 },
      (_none, index) => 8000 * Math.sin((2 * Math.PI * 440 * (position + index)) / 48_000),
    );
    position += 480;
    source.onData({ samples, sampleRate: 48_000, bitsPerSample: 16, channelCount: 1, numberOfFrames: 480 });
  };
  setInterval(send, 10);
  return source.createTrack();
}

/** A moving grey ramp, 320x180 at 15 frames a second. */
export function rampTrack(): MediaStreamTrack {
  const [width, height] = [320, 180];
  const source = new wrtc.nonstandard.RTCVideoSource();
  const data = new Uint8Array(width * height * 1.5).fill(128);
  let step = 0;
  setInterval(() => {
    step += 3;
    for (let y = 0; y < height; y += 1)
      for (let x = 0; x < width; x += 1) data[y * width + x] = (x + y + step) & 255;
    source.onFrame({ width, height, data });
  }, 66);
  return source.createTrack();
}

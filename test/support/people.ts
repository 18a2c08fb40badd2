export type Rgb = readonly [red: number, green: number, blue: number];

/** What participants of these names show and sound like instead of a camera. */
export const people = {
  red: { colour: [255, 0, 0], tone: 400 },
  lime: { colour: [0, 255, 0], tone: 700 },
  blue: { colour: [0, 0, 255], tone: 1100 },
  yellow: { colour: [255, 255, 0], tone: 1700 },
} as const satisfies Record<string, { colour: Rgb; tone: number }>;
export type Person = keyof typeof people;

/** Runs in a page before anything else: its camera shows the colour that the user is named after, its microphone a tone. */
export function plainCamera(): void {
  const tones: Record<string, number> = { red: 400, lime: 700, blue: 1100, yellow: 1700 };
  const user = new URLSearchParams(location.search).get('user') ?? '';
  const capture = (constraints?: MediaStreamConstraints): Promise<MediaStream> => {
    const stream = new MediaStream();
    if (constraints?.video !== undefined && constraints.video !== false) {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [640, 360];
      const context = canvas.getContext('2d');
      let step = 0;
      setInterval(() => {
        if (context === null) return;
        context.fillStyle = user;
        context.fillRect(0, 0, 640, 360);
        context.fillStyle = 'white';
        context.fillRect((step += 6) % 640, 0, 24, 12);
      }, 40);
      for (const track of canvas.captureStream(25).getVideoTracks()) stream.addTrack(track);
    }
    if (constraints?.audio !== undefined && constraints.audio !== false) {
      const context = new AudioContext();
      const oscillator = new OscillatorNode(context, { frequency: tones[user] ?? 300 });
      const destination = context.createMediaStreamDestination();
      oscillator.connect(new GainNode(context, { gain: 0.25 })).connect(destination);
      oscillator.start();
      for (const track of destination.stream.getAudioTracks()) stream.addTrack(track);
    }
    return Promise.resolve(stream);
  };
  navigator.mediaDevices.getUserMedia = capture;
}

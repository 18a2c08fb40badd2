import type { RemoteStream } from '../../client/sdk/index.ts';
import { eventually, type ParticipantPage } from './page.ts';
import { people, type Person, type Rgb } from './people.ts';

interface Probe {
  stream: RemoteStream;
  video: HTMLVideoElement;
  frames: number;
  longest: number;
  last: number;
  spectrum: AnalyserNode;
}

declare global {
  interface Window {
    mixProbe?: Probe;
  }
}

/** Somebody who receives a mixed stream with the SDK and looks at it. */
export class MixViewer {
  readonly page: ParticipantPage;

  /** Subscribes to the room's first mixed stream, or to the one with this id, whatever it is. */
  static async watch(page: ParticipantPage, wanted?: string): Promise<MixViewer> {
    await page.page.evaluate(async (asked) => {
      const { conference } = window.portico;
      const stream = [...(conference?.streams.values() ?? [])].find(({ type, id }) =>
        asked === undefined ? type === 'mixed' : id === asked,
      );
      if (conference === undefined || stream === undefined) throw new Error('there is no mixed stream');
      const video = document.body.appendChild(document.createElement('video'));
      Object.assign(video, { muted: true, autoplay: true, playsInline: true, id: 'mix-probe' });
      Object.assign(video.style, { position: 'fixed', inset: '0', width: '320px', zIndex: '9999' });
      const subscription = await conference.subscribe(stream);
      subscription.attach(video);
      const context = new AudioContext();
      const spectrum = new AnalyserNode(context, { fftSize: 16_384 });
      const probe: Probe = { stream, video, frames: 0, longest: 0, last: performance.now(), spectrum };
      window.mixProbe = probe;
      const hear = () => {
        const source = video.srcObject;
        if (source instanceof MediaStream && source.getAudioTracks().length > 0)
          context.createMediaStreamSource(source).connect(spectrum);
      };
      hear();
      const look = () => {
        const now = performance.now();
        if (probe.frames > 0) probe.longest = Math.max(probe.longest, now - probe.last);
        probe.last = now;
        probe.frames += 1;
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    }, wanted);
    return new MixViewer(page);
  }

  private constructor(page: ParticipantPage) {
    this.page = page;
  }

  /** Waits for `count` more frames. */
  async seesMoreFrames(count: number, timeoutMs = 20_000): Promise<void> {
    const frames = () => this.page.page.evaluate(() => window.mixProbe?.frames ?? 0);
    const before = await frames();
    await eventually(
      `${count} more frames of the mix`,
      async () => (await frames()) >= before + count,
      timeoutMs,
    );
  }

  /** Longest time between two of the next frames while nothing happens, ms: what this machine does by itself. */
  async usualGap(): Promise<number> {
    await this.takeLongestGap();
    await this.seesMoreFrames(25);
    return await this.takeLongestGap();
  }

  /** Longest time between two frames since the last call, ms; the one that goes on counts, too. */
  async takeLongestGap(): Promise<number> {
    return await this.page.page.evaluate(() => {
      const probe = window.mixProbe;
      if (probe === undefined) return Infinity;
      const longest = Math.max(probe.longest, performance.now() - probe.last);
      probe.longest = 0;
      return longest;
    });
  }

  /** Who is shown in the regions of the layout, as the room says: user names, in the order of the regions. */
  async layout(): Promise<(string | null)[]> {
    return await this.page.page.evaluate(() => {
      const { conference } = window.portico;
      const info = window.mixProbe?.stream.info;
      if (conference === undefined || info?.type !== 'mixed') return [];
      return info.info.layout.map(({ stream }) => {
        const owner = stream === undefined ? undefined : conference.streams.get(stream)?.participantId;
        const own =
          stream === undefined ? false : [...conference.publications.keys()].some((id) => id === stream);
        if (own) return conference.self.user;
        return conference.participants.get(owner ?? '')?.user ?? null;
      });
    });
  }

  /** Mean colours of the middles of the regions, in the order of the layout; what is not mixed is one region. */
  async colours(): Promise<Rgb[]> {
    return (await this.#regions({ bars: false })).map(({ colour }) => colour);
  }

  /** Of each region the colour of its middle, and where in it the white bar of a `plainCamera` is, if `bars` are looked for: that takes the page some time. */
  async #regions({ bars }: { bars: boolean }): Promise<{ colour: Rgb; bar: number | undefined }[]> {
    return await this.page.page.evaluate((bars) => {
      const probe = window.mixProbe;
      const info = probe?.stream.info;
      if (probe === undefined || info === undefined || probe.video.videoWidth === 0) return [];
      const whole = { left: '0', top: '0', width: '1', height: '1' };
      const areas = info.type === 'mixed' ? info.info.layout.map(({ region }) => region.area) : [whole];
      const { videoWidth: width, videoHeight: height } = probe.video;
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (context === null) return [];
      context.drawImage(probe.video, 0, 0);
      const value = (text: string) => {
        const [part = 0, whole = 1] = text.split('/').map(Number);
        return part / whole;
      };
      return areas.map((area) => {
        const [left, top] = [value(area.left) * width, value(area.top) * height];
        const [wide, high] = [value(area.width) * width, value(area.height) * height];
        const middle = context.getImageData(left + wide * 0.4, top + high * 0.4, wide * 0.2, high * 0.2).data;
        const mean = (channel: number) => {
          let sum = 0;
          for (let index = channel; index < middle.length; index += 4) sum += middle[index] ?? 0;
          return sum / (middle.length / 4);
        };
        const colour = [mean(0), mean(1), mean(2)] as const;
        if (!bars) return { colour, bar: undefined };
        const upper = context.getImageData(left, top, wide, high * 0.4);
        const white: number[] = [];
        for (let index = 0; index < upper.data.length; index += 4) {
          const darkest = Math.min(...upper.data.subarray(index, index + 3));
          if (darkest > 160) white.push((index / 4) % upper.width);
        }
        const bar = white.length < 4 ? undefined : white.reduce((sum, x) => sum + x, 0) / white.length;
        return { colour, bar };
      });
    }, bars);
  }

  /** Waits until exactly these are shown, in any order, each in its colour where the layout says. */
  async sees(...expected: Person[]): Promise<void> {
    const wanted = [...expected].sort().join();
    let state = '';
    const right = async () => {
      const [names, colours] = [await this.layout(), await this.colours()];
      state = JSON.stringify({ names, colours });
      const shown = names.filter((name): name is Person => name !== null && name in people);
      if (shown.toSorted().join() !== wanted) return false;
      return names.every((name, index) => {
        if (name === null || !(name in people)) return true;
        return isColour(colours[index] ?? [0, 0, 0], name as Person);
      });
    };
    await eventually(`the mix shows ${wanted}`, right, 30_000).catch((cause: unknown) => {
      throw new Error(`the mix does not show ${wanted}: ${state}`, { cause });
    });
  }

  /** Waits until the picture of somebody moves: what is held stands still. */
  async seesMoving(person: Person): Promise<void> {
    const barOf = async () =>
      (await this.#regions({ bars: true })).find(({ colour }) => isColour(colour, person))?.bar;
    let before = await barOf();
    await eventually(`${person} moves in the mix`, async () => {
      const last = before;
      before = await barOf();
      return before !== undefined && last !== undefined && Math.abs(before - last) > 1;
    });
  }

  /** Whether the colour of somebody is anywhere in the picture where a region is. */
  async showsColour(person: Person): Promise<boolean> {
    return (await this.colours()).some((colour) => isColour(colour, person));
  }

  /** What the browser receives: codec and size of the picture. */
  async received(): Promise<{ mimeType: string; width: number; height: number }> {
    return await this.page.page.evaluate(async () => {
      const [track] = (window.mixProbe?.video.srcObject as MediaStream | null)?.getVideoTracks() ?? [];
      for (const connection of window.peerConnections) {
        const receiver = connection.getReceivers().find((one) => one.track === track);
        const stats = new Map<string, Record<string, unknown>>((await receiver?.getStats()) ?? []);
        const inbound = [...stats.values()].find(({ type }) => type === 'inbound-rtp');
        if (inbound === undefined) continue;
        const { mimeType } = stats.get(String(inbound['codecId'])) ?? {};
        const [width, height] = [inbound['frameWidth'], inbound['frameHeight']].map(Number) as [
          number,
          number,
        ];
        return { mimeType: String(mimeType), width, height };
      }
      throw new Error('the mix is not received');
    });
  }

  /** Level of a tone over that of its surroundings, dB. */
  async hears(tone: number): Promise<number> {
    return await this.page.page.evaluate((frequency) => {
      const probe = window.mixProbe;
      if (probe === undefined) return -Infinity;
      const { spectrum } = probe;
      const bins = new Float32Array(spectrum.frequencyBinCount);
      spectrum.getFloatFrequencyData(bins);
      const bin = Math.round((frequency * spectrum.fftSize) / spectrum.context.sampleRate);
      const peak = Math.max(...bins.slice(bin - 2, bin + 3));
      const around = [...bins.slice(bin - 60, bin - 20), ...bins.slice(bin + 20, bin + 60)].sort(
        (a, b) => a - b,
      );
      return peak - (around[Math.floor(around.length / 2)] ?? -Infinity);
    }, tone);
  }
}

/** Whether a colour is that of somebody, as far as it survives a codec. */
const isColour = (colour: Rgb, person: Person): boolean =>
  people[person].colour.every((value, channel) => Math.abs(value - (colour[channel] ?? 0)) < 60);

import { pause } from '../../../../../common/lifecycle/wait.ts';
import { callerSizes, type FlashCaller } from '../../../../support/flash-caller.ts';

/** At the beginning and at the end nothing happens for so long, ms. */
export const calmMs = 20_000;
/** A key frame that was asked for comes so late, ms. */
export const lateKeyMs = 1_500;

/** What happens in a call, by the time since its beginning, ms. */
export interface CallPlan {
  lengthMs: number;
  /** No picture; no sound a second later. */
  muted: Stretch;
  dtx: Stretch;
  /** 2 % of the packets get lost. */
  lossy: Stretch;
  /** The picture is smaller. */
  small: Stretch;
  /** A picture is lost for good, and the key frame comes late. */
  brokenAt: number;
}

export interface Stretch {
  from: number;
  to: number;
}

export function callPlan(lengthMs: number): CallPlan {
  const middle = lengthMs - 2 * calmMs;
  const at = (part: number) => calmMs + part * middle;
  return {
    lengthMs,
    muted: { from: at(0.05), to: at(0.2) },
    dtx: { from: at(0.28), to: at(0.45) },
    lossy: { from: at(0.48), to: at(0.75) },
    small: { from: at(0.78), to: at(0.85) },
    brokenAt: at(0.88),
  };
}

export interface CallEvents {
  /** The server hears of it, as it does from its clients. */
  muted: (kind: 'audio' | 'video', muted: boolean) => Promise<void>;
}

/** Has a caller do all that; resolves when the call is over. */
export async function playCall(caller: FlashCaller, plan: CallPlan, events: CallEvents): Promise<void> {
  const mute = async (kind: 'audio' | 'video', muted: boolean) => {
    caller.muted[kind] = muted;
    await events.muted(kind, muted);
  };
  const steps: [at: number, step: () => unknown][] = [
    [plan.muted.from, () => mute('video', true)],
    [plan.muted.from + 1_000, () => mute('audio', true)],
    [plan.muted.to, () => mute('video', false)],
    [plan.muted.to + 1_000, () => mute('audio', false)],
    [plan.dtx.from, () => (caller.dtx = true)],
    [plan.dtx.to, () => (caller.dtx = false)],
    [plan.lossy.from, () => (caller.loss = 0.02)],
    [plan.lossy.to, () => (caller.loss = 0)],
    [plan.small.from, () => (caller.size = callerSizes.small)],
    [plan.small.to, () => (caller.size = callerSizes.large)],
    [
      plan.brokenAt,
      () => {
        caller.keyFrameDelayMs = lateKeyMs;
        caller.losePicture();
      },
    ],
    [plan.brokenAt + 2 * lateKeyMs, () => (caller.keyFrameDelayMs = 0)],
  ];
  for (const [at, step] of steps.toSorted(([one], [other]) => one - other)) {
    await pause(at - caller.elapsedMs);
    await step();
  }
  await pause(plan.lengthMs - caller.elapsedMs);
}

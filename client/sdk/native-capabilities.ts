import { Chrome111 } from 'mediasoup-client/handlers/Chrome111';
import { Chrome74 } from 'mediasoup-client/handlers/Chrome74';
import { Firefox120 } from 'mediasoup-client/handlers/Firefox120';
import { ReactNative106 } from 'mediasoup-client/handlers/ReactNative106';
import { Safari12 } from 'mediasoup-client/handlers/Safari12';
import { detectDevice } from './engine.ts';
import { PorticoClientError } from './errors.ts';
import type { BuiltinHandlerName, HandlerFactory, RtpCapabilities } from './engine.ts';
import type { EngineOptions } from './types.ts';

const builtin: Record<BuiltinHandlerName, () => HandlerFactory> = {
  Chrome111: () => Chrome111.createFactory({}),
  Chrome74: () => Chrome74.createFactory({}),
  Firefox120: () => Firefox120.createFactory({}),
  ReactNative106: () => ReactNative106.createFactory({}),
  Safari12: () => Safari12.createFactory({}),
};

function factoryFor({ handlerFactory, handlerName }: EngineOptions): HandlerFactory {
  if (handlerFactory !== undefined) return handlerFactory;
  const name = handlerName ?? detectDevice();
  if (name === undefined) throw new PorticoClientError('media_failed', 'This browser has no usable WebRTC.');
  return builtin[name]();
}

/**
 * A handler whose question "what can this browser do" is asked at once: making an offer for it takes tens of
 * milliseconds, which so pass while the connection to the server is being made.
 */
export function prewarmedFactory(options: EngineOptions): HandlerFactory {
  const factory = factoryFor(options);
  const ask = (direction: 'sendonly' | 'recvonly'): Promise<RtpCapabilities> => {
    const answer = factory.getNativeRtpCapabilities({ direction });
    answer.catch(() => undefined); // Reported to whoever loads the device.
    return answer;
  };
  const answers = { sendonly: ask('sendonly'), recvonly: ask('recvonly') };
  return {
    ...factory,
    getNativeRtpCapabilities: async ({ direction }) => structuredClone(await answers[direction]),
  };
}

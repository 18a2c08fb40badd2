/*
 * The only place that names the media engine: everything else of the SDK takes its types from here.
 */
export { Device, detectDevice } from 'mediasoup-client';
import type { types } from 'mediasoup-client';

export type BuiltinHandlerName = types.BuiltinHandlerName;
export type Consumer = types.Consumer;
export type HandlerFactory = types.HandlerFactory;
export type Producer = types.Producer;
export type ProducerCodecOptions = types.ProducerCodecOptions;
export type RtpCapabilities = types.RtpCapabilities;
export type RtpCodecCapability = types.RtpCodecCapability;
export type RtpEncodingParameters = types.RtpEncodingParameters;
export type RtpParameters = types.RtpParameters;
export type Transport = types.Transport;
export type TransportOptions = types.TransportOptions;

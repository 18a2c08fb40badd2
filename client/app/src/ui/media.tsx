import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Kind, StreamView } from '../state/types.ts';
import { useApp, useLocal } from './context.ts';

const dataOf = (stream: StreamView, kind: Kind): Record<string, string> => ({
  'data-stream-id': stream.id,
  'data-participant-id': stream.owner,
  'data-source': stream[kind]?.source ?? '',
});

const useAttached = <T extends HTMLMediaElement>(stream: string, kind: Kind): { current: T | null } => {
  const { controls } = useApp();
  const ref = useRef<T>(null);
  useEffect(() => {
    const element = ref.current;
    return element ? controls.attach(stream, kind, element) : undefined;
  }, [controls, stream, kind]);
  return ref;
};

interface StreamVideoProps {
  stream: StreamView;
  mirrored: boolean;
  /** Whole picture with bars (screens) instead of a cropped one (cameras). */
  contain: boolean;
  label: string;
}

/** Picture of a stream. Always silent: sound has its own element, so that it goes on when this one is gone. */
export const StreamVideo = ({ stream, mirrored, contain, label }: StreamVideoProps): JSX.Element => {
  const ref = useAttached<HTMLVideoElement>(stream.id, 'video');
  return (
    <video
      ref={ref}
      class={`picture ${mirrored ? 'mirrored' : ''} ${contain ? 'contain' : ''}`}
      autoPlay
      muted
      playsInline
      disablePictureInPicture={stream.local}
      aria-label={label}
      {...dataOf(stream, 'video')}
    />
  );
};

/** Sound of a remote stream. */
export const StreamAudio = ({ stream }: { stream: StreamView }): JSX.Element => {
  const ref = useAttached<HTMLAudioElement>(stream.id, 'audio');
  const speaker = useLocal().chosen.speaker;
  useEffect(() => {
    const element = ref.current;
    if (!element || !('setSinkId' in element)) return;
    element.setSinkId(speaker).catch(() => {
      // The chosen speaker is gone: sound stays on the one in use.
    });
  }, [speaker]);
  return <audio ref={ref} {...dataOf(stream, 'audio')} />;
};

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLocal } from './context.ts';

/** The own camera before it is published. */
export const LocalPicture = ({ participant = '' }: { participant?: string }): JSX.Element | null => {
  const track = useLocal().tracks.camera;
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (ref.current) ref.current.srcObject = track ? new MediaStream([track]) : null;
  }, [track]);
  if (!track) return null;
  return (
    <video
      ref={ref}
      class="picture mirrored"
      autoPlay
      muted
      playsInline
      disablePictureInPicture
      aria-label="Your camera"
      data-stream-id="preview"
      data-participant-id={participant}
      data-source="camera"
    />
  );
};

import type { Tile } from './layers.ts';

/*
 * The only file that touches the page, and only when something is attached.
 */

const coversTile = (element: Element): boolean => getComputedStyle(element).objectFit === 'cover';

/** Picture-in-picture shows the video although its place in the page may be out of sight. */
const inPictureInPicture = (element: Element): boolean => document.pictureInPictureElement === element;

/**
 * Reports how an element is seen: at once, and whenever its size, its place in the window, the page's visibility or
 * the density of the screen changes. Returns a function that ends this.
 */
export function watchTile(element: HTMLVideoElement, onChange: (tile: Tile) => void): () => void {
  // Until the first report, which follows within a frame, it counts as seen: nothing must wait for it.
  let intersects = true;
  let box = element.getBoundingClientRect();
  const report = (): void => {
    const seen = intersects && document.visibilityState !== 'hidden' && box.width > 0 && box.height > 0;
    const density = window.devicePixelRatio;
    onChange({
      width: Math.round(box.width * density),
      height: Math.round(box.height * density),
      visible: seen || inPictureInPicture(element),
      cover: coversTile(element),
    });
  };
  const sizes = new ResizeObserver(() => {
    box = element.getBoundingClientRect();
    report();
  });
  const places = new IntersectionObserver((entries) => {
    intersects = entries.at(-1)?.isIntersecting ?? intersects;
    report();
  });
  const ended = new AbortController();
  const { signal } = ended;
  sizes.observe(element);
  places.observe(element);
  document.addEventListener('visibilitychange', report, { signal });
  window.addEventListener('resize', report, { signal }); // Also fired when the page is zoomed.
  element.addEventListener('enterpictureinpicture', report, { signal });
  element.addEventListener('leavepictureinpicture', report, { signal });
  report();
  return () => {
    ended.abort();
    sizes.disconnect();
    places.disconnect();
  };
}

/** Plays a stream in an element; `onBlocked` when the browser wants a touch of the page first. */
export function playIn(element: HTMLMediaElement, stream: MediaStream, onBlocked: () => void): () => void {
  if (element.srcObject !== stream) element.srcObject = stream;
  element.autoplay = true;
  element.setAttribute('playsinline', '');
  const play = (): void => {
    element.play().catch((error: unknown) => {
      // `AbortError` only says that something newer is played in the element.
      if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked();
    });
  };
  stream.addEventListener('addtrack', play);
  play();
  return () => {
    stream.removeEventListener('addtrack', play);
    if (element.srcObject === stream) element.srcObject = null;
  };
}

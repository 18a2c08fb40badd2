/*
 * Layouts of mixed pictures, to be looked at and to be changed. For pages that have the colours of `app/src/styles`
 * (`tokens.css`) and import `layout-editor.css`.
 */
export { LayoutEditor, type LayoutEditorProps } from './layout-editor.tsx';
export { LayoutPicture, type LayoutPictureProps } from './layout-picture.tsx';
export { settle, type Entry, type NamedStream } from './order.ts';

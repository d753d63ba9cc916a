// A machine laid out for a drawing: `npm run docs` makes it from the machine and its plate, and the page draws it. In pixels.

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly from: string;
  readonly to: string;
  readonly on: readonly string[];
  readonly path: string;
  readonly x: number;
  readonly y: number;
}

export interface Diagram {
  readonly width: number;
  readonly height: number;
  readonly groups: readonly (Rectangle & { readonly label: string })[];
  readonly boxes: readonly (Rectangle & {
    readonly state: string;
    readonly label: string;
    readonly sentence: string;
    readonly note: string;
  })[];
  readonly lines: readonly Line[];
}

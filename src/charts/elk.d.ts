/**
 * What of elkjs is used here. Its own declarations are of a CommonJS module whose default export TypeScript
 * and Deno read differently.
 *
 * @module
 */

/** A place, in pixels. */
export interface Point {
  /** From the left. */
  x: number;
  /** From the top. */
  y: number;
}

/** What has a size, and a place once it is laid out; all in pixels. */
export interface Shape {
  /** From the left of what it is in. */
  x?: number;
  /** From its top. */
  y?: number;
  /** Its width. */
  width?: number;
  /** Its height. */
  height?: number;
}

/** A node, and the nodes in it. */
export interface ElkNode extends Shape {
  /** Its id. */
  id: string;
  /** The nodes in it. */
  children?: ElkNode[];
  /** The edges that were given with it. */
  edges?: ElkEdge[];
  /** How it is laid out. */
  layoutOptions?: Record<string, string>;
}

/** A label. */
export interface ElkLabel extends Shape {
  /** What it says. */
  text: string;
}

/** A part of an edge's way. */
export interface ElkSection {
  /** Where it begins. */
  startPoint: Point;
  /** Where it ends. */
  endPoint: Point;
  /** Its corners. */
  bendPoints?: Point[];
}

/** An edge; its sections are there once it has its place. */
export interface ElkEdge {
  /** Its id. */
  id: string;
  /** The nodes that it leaves. */
  sources: string[];
  /** The nodes that it enters. */
  targets: string[];
  /** What stands at it. */
  labels?: ElkLabel[];
  /** Its way. */
  sections?: ElkSection[];
}

/** Places graphs. */
export default class ELK {
  /** Places a graph. */
  layout(graph: ElkNode): Promise<ElkNode>;
}

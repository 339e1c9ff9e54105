/** The package brings no types. */
declare module 'snappyjs' {
  const snappy: {
    /** One block without a frame. */
    compress(input: Buffer): Buffer;
    /** Throws where the block is damaged. */
    uncompress(block: Buffer): Buffer;
  };
  export default snappy;
}

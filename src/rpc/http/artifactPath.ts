// The path of an artifact. URLs of artifacts are used as they were given: nothing but these digits is read.

/** Its group is the id. */
export const artifactPath = /^\/artifacts\/([0-9a-f]{64})$/;

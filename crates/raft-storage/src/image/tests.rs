//! Tests of image.

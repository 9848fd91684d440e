//! All tests through the public doors.

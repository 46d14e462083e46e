//! The log of one thread at TRACE, written by the server's own subscriber.

use keywright::config::{self, LogFormat};
use keywright::telemetry;
use std::io::Write;
use std::sync::{Arc, Mutex, Once};
use tracing::subscriber::DefaultGuard;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub struct Log {
    buffer: Buffer,
    _guard: DefaultGuard,
}

impl Log {
    /// Listens until dropped.
    pub fn start(format: LogFormat) -> Self {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let log = config::Log {
            format,
            filter: "trace".to_owned(),
        };
        // Other tests run beside this one without a listener, and what nobody listens to is switched off for all.
        static EVERYWHERE: Once = Once::new();
        EVERYWHERE.call_once(|| {
            let nowhere = telemetry::subscriber(&log, std::io::sink, false);
            tracing::subscriber::set_global_default(nowhere).unwrap();
        });
        let subscriber = telemetry::subscriber(&log, move || writer.clone(), false);
        Self {
            buffer,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.buffer.0.lock().unwrap().clone()).unwrap()
    }

    /// AC-267: nothing that a client sends can begin a line or end an event.
    pub fn is_one_event_per_line(&self) {
        for line in self.text().lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            assert!(
                event["timestamp"].is_string() && event["level"].is_string(),
                "{line}"
            );
        }
    }
}

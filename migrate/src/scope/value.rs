use std::fmt;
use std::sync::Arc;

/// What a statement can bind and a row can hold: a type that every driver in use knows, and `Option` of it for what
/// may be NULL.
///
/// That is what `tokio_postgres` and `rusqlite` implement their `ToSql` and `FromSql` for: numbers, `bool`, `String`,
/// `Vec<u8>`, `Uuid`, and through features of theirs the types of chrono, time, jiff, serde_json and others. A type of
/// your own joins them by implementing the same traits.
///
/// On PostgreSQL a text is sent as a literal whose type the server infers, so it serves columns of enumerations,
/// `citext`, `numeric` or `inet` too. So does a type that fits no built-in one: it has to write text.
pub trait Value: driver::Bind + driver::Read + fmt::Debug + Send + Sync + 'static {}

impl<V: driver::Bind + driver::Read + fmt::Debug + Send + Sync + 'static> Value for V {}

/// What the drivers in use ask of a value.
#[doc(hidden)]
pub(super) mod driver {
    #[cfg(feature = "postgres")]
    mod postgres {
        pub trait Bind: tokio_postgres::types::ToSql {}
        impl<V: tokio_postgres::types::ToSql> Bind for V {}
        pub trait Read: for<'a> tokio_postgres::types::FromSql<'a> {}
        impl<V: for<'a> tokio_postgres::types::FromSql<'a>> Read for V {}
    }

    #[cfg(not(feature = "postgres"))]
    mod postgres {
        pub trait Bind {}
        impl<V> Bind for V {}
        pub trait Read {}
        impl<V> Read for V {}
    }

    #[cfg(feature = "sqlite")]
    mod sqlite {
        pub trait Bind: rusqlite::ToSql {}
        impl<V: rusqlite::ToSql> Bind for V {}
        pub trait Read: rusqlite::types::FromSql {}
        impl<V: rusqlite::types::FromSql> Read for V {}
    }

    #[cfg(not(feature = "sqlite"))]
    mod sqlite {
        pub trait Bind {}
        impl<V> Bind for V {}
        pub trait Read {}
        impl<V> Read for V {}
    }

    pub trait Bind: postgres::Bind + sqlite::Bind {}
    impl<V: postgres::Bind + sqlite::Bind> Bind for V {}
    pub trait Read: postgres::Read + sqlite::Read {}
    impl<V: postgres::Read + sqlite::Read> Read for V {}
}

/// A value that a statement binds.
#[derive(Clone)]
pub struct Parameter(Arc<dyn Bound>);

impl Parameter {
    #[doc(hidden)]
    pub fn new<V: Value>(value: V) -> Parameter {
        Parameter(Arc::new(Bindable(value)))
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "sqlite")]
impl Parameter {
    pub(super) fn sqlite(&self) -> &dyn rusqlite::ToSql {
        self.0.sqlite()
    }
}

#[cfg(feature = "postgres")]
impl Parameter {
    pub(super) fn postgres(
        &self,
    ) -> (&(dyn tokio_postgres::types::ToSql + Sync), tokio_postgres::types::Type) {
        self.0.postgres()
    }
}

#[derive(Debug)]
struct Bindable<V>(V);

trait Bound: fmt::Debug + Send + Sync {
    #[cfg(feature = "postgres")]
    fn postgres(&self) -> (&(dyn tokio_postgres::types::ToSql + Sync), tokio_postgres::types::Type);

    #[cfg(feature = "sqlite")]
    fn sqlite(&self) -> &dyn rusqlite::ToSql;
}

impl<V: driver::Bind + fmt::Debug + Send + Sync> Bound for Bindable<V> {
    #[cfg(feature = "postgres")]
    fn postgres(&self) -> (&(dyn tokio_postgres::types::ToSql + Sync), tokio_postgres::types::Type) {
        (self, literal::type_of::<V>())
    }

    #[cfg(feature = "sqlite")]
    fn sqlite(&self) -> &dyn rusqlite::ToSql {
        &self.0
    }
}

#[cfg(feature = "postgres")]
mod literal {
    use std::error::Error;
    use std::fmt::Debug;

    use bytes::BytesMut;
    use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

    use super::Bindable;

    /// Texts first: what accepts `unknown` can be read as a literal of any type.
    const TYPES: [Type; 28] = [
        Type::UNKNOWN,
        Type::INT8,
        Type::INT4,
        Type::BOOL,
        Type::UUID,
        Type::TIMESTAMPTZ,
        Type::TIMESTAMP,
        Type::DATE,
        Type::TIME,
        Type::NUMERIC,
        Type::FLOAT8,
        Type::FLOAT4,
        Type::INT2,
        Type::BYTEA,
        Type::JSONB,
        Type::INTERVAL,
        Type::INET,
        Type::CIDR,
        Type::MACADDR,
        Type::OID,
        Type::CHAR,
        Type::VARBIT,
        Type::POINT,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::INT4_ARRAY,
        Type::UUID_ARRAY,
        Type::TIMESTAMPTZ_ARRAY,
    ];

    /// The server's type for a Rust type. It has to be told, as a round trip to ask for it is not made.
    pub(super) fn type_of<V: ToSql>() -> Type {
        TYPES.into_iter().find(V::accepts).unwrap_or(Type::UNKNOWN)
    }

    impl<V: ToSql + Debug> ToSql for Bindable<V> {
        fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
            self.0.to_sql(ty, out)
        }

        fn accepts(_: &Type) -> bool {
            true
        }

        /// A literal is text: read as the binary form of a number, the bytes of one would be another number.
        fn encode_format(&self, ty: &Type) -> Format {
            if *ty == Type::UNKNOWN { Format::Text } else { self.0.encode_format(ty) }
        }

        to_sql_checked!();
    }
}

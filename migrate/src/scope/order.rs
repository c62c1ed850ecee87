use super::error::{InvalidStatement, Result};
use super::expression::Node;
use super::sql::Writer;
use super::value::Parameter;

/// A column to order by, and whether up or down: `orders.total.desc()`.
#[derive(Clone, Debug)]
pub struct Order {
    node: Node,
    is_descending: bool,
}

impl Order {
    pub(crate) fn ascending(node: Node) -> Order {
        Order { node, is_descending: false }
    }

    pub(crate) fn descending(node: Node) -> Order {
        Order { node, is_descending: true }
    }

    pub(crate) fn write(&self, w: &mut Writer) -> Result<()> {
        self.node.write(w)?;
        if self.is_descending {
            w.push(" DESC");
        }
        Ok(())
    }

    fn beyond(&self) -> &'static str {
        if self.is_descending { " < " } else { " > " }
    }
}

/// Behind the row with these values, in this order.
pub(crate) fn write_after(orders: &[Order], values: &[Parameter], w: &mut Writer) -> Result<()> {
    if orders.len() != values.len() {
        return Err(InvalidStatement::Cursor { columns: orders.len(), values: values.len() }.into());
    }
    let is_uniform = orders.windows(2).all(|pair| pair[0].is_descending == pair[1].is_descending);
    if is_uniform { write_rows(orders, values, w) } else { write_cases(orders, values, w) }
}

/// `(a, b) > ($2, $3)`: an index over both columns serves that.
fn write_rows(orders: &[Order], values: &[Parameter], w: &mut Writer) -> Result<()> {
    w.push("(");
    w.try_separated(", ", orders, |w, order| order.node.write(w))?;
    w.push(")");
    w.push(orders[0].beyond());
    w.push("(");
    w.separated(", ", values, |w, value| w.bind(value.clone()));
    w.push(")");
    Ok(())
}

/// `(a < $2 OR (a = $3 AND b > $4))`
fn write_cases(orders: &[Order], values: &[Parameter], w: &mut Writer) -> Result<()> {
    w.push("(");
    w.try_separated(" OR ", 0..orders.len(), |w, last| {
        w.push("(");
        w.try_separated(" AND ", 0..=last, |w, i| {
            orders[i].node.write(w)?;
            w.push(if i == last { orders[i].beyond() } else { " = " });
            w.bind(values[i].clone());
            Ok(())
        })?;
        w.push(")");
        Ok(())
    })?;
    w.push(")");
    Ok(())
}
